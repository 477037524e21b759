import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import type { Grant } from "../../../src/protocol/broadcast.ts";
import { until } from "../world.ts";
import { idOf, insider, intruder, triesTo } from "./intruder.ts";
import { chainOf, createWorld, SECRET, type World } from "./world.ts";

const denials = ({ observed }: World) => observed.filter(({ type }) => type === "denied");

it("lets a client with a grant hear its topics", async () => {
  const world = await createWorld();
  const grant = await world.grant("mallory", "red");
  const client = await intruder(world.iotCore, { clientId: idOf(grant), password: grant.token });
  const granted = await client.subscribeAsync([...grant.topics], { qos: 1 });
  expect(granted.map(({ qos }) => qos)).toEqual(grant.topics.map(() => 1));
  expect(denials(world)).toEqual([]);
});

const FILTERS = [
  "myapp/dev/#",
  "myapp/dev/+/+/+",
  "myapp/dev/chat-onMessage-xmw2ytn7y/f-mine/+",
  "myapp/#",
  "#",
  "+/#",
  "$share/group/myapp/dev/#",
  "$share/group/myapp/dev/news/all/x",
  "$aws/events/#",
  "myapp/prod/news/all/x",
  "myapp/develop/news/all/x",
];

it.each(FILTERS)("ends a client with a grant that subscribes to %s", async (topicFilter) => {
  for (const authorization of ["capability", "exact"] as const) {
    const world = await createWorld({ engine: { authorization } });
    const client = await insider(world);
    expect(await triesTo(client, (done) => client.subscribe(topicFilter, done))).toBe("ended");
    expect(denials(world)).toMatchObject([{ action: "iot:Subscribe", resource: topicFilter }]);
  }
});

it("ends a client that publishes, be it to its own topic", async () => {
  const world = await createWorld();
  const grant = await world.grant("mallory", "red");
  for (const topic of [grant.topics[0] ?? "", "myapp/dev/x", "$aws/things/x/shadow/update"]) {
    const client = await insider(world);
    const publishing = triesTo(client, (done) => client.publish(topic, "forged", { qos: 1 }, done));
    expect(await publishing).toBe("ended");
  }
  expect(denials(world).map((denial) => denial.type === "denied" && denial.action)).toEqual([
    "iot:Publish",
    "iot:Publish",
    "iot:Publish",
  ]);
  expect(world.observed.filter(({ type }) => type === "published")).toEqual([]);
});

it("lets nobody hear another's topic whose name leaked, in exact mode", async () => {
  const world = await createWorld({ engine: { authorization: "exact" } });
  const victim = await world.grant("ann", "red");
  const client = await insider(world);
  // The first is everybody's.
  const topic = victim.topics[1] ?? "";
  expect(await triesTo(client, (done) => client.subscribe(topic, done))).toBe("ended");
  expect(denials(world)).toMatchObject([{ resource: victim.topics[1] }]);
});

it("gives two users no topic in common but everybody's", async () => {
  const world = await createWorld();
  const ann = await world.grant("ann", "red");
  const bob = await world.grant("bob", "red");
  expect(ann.topics.filter((topic) => bob.topics.includes(topic))).toEqual([ann.topics[0]]);
  expect(ann.topics[0]).toMatch(/^myapp\/dev\/chat-onMessage-x[a-z2-7]{8}\/all\/[a-z2-7]{32}$/);
});

/** Signs claims as only a server can. */
function signed(claims: object, secret: string, scope = "iot-core/myapp/dev"): string {
  const key = createHmac("sha256", secret)
    .update(`trpc-aws-subscriptions/v1/grants/${scope}`)
    .digest();
  const text = `v1.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}

type Forge = (
  own: Grant,
  victim: Grant,
) => { readonly clientId: string; readonly password: string };
const claims = (own: Grant) => ({ c: own.clientId, e: Date.now() + 60_000, t: own.topics });
const as = (own: Grant, password: string) => ({ clientId: idOf(own), password });

const FORGERIES: readonly (readonly [what: string, problem: string, forge: Forge])[] = [
  ["no token", "form", (own) => as(own, "")],
  ["another's client id", "not the one", (own, victim) => as(victim, own.token)],
  [
    "its id without the prefix",
    "not the one",
    (own) => ({ clientId: own.clientId, password: own.token }),
  ],
  [
    "another's token second",
    "not the one",
    (own, victim) => as(victim, `${own.token},${victim.token}`),
  ],
  ["a token and rubbish", "form", (own) => as(own, `${own.token},x`)],
  ["a token that is cut", "form", (own) => as(own, own.token.slice(0, -1))],
  [
    "claims of one and the signature of another",
    "signed",
    (own, victim) => as(own, `v1.${own.token.split(".")[1]}.${victim.token.split(".")[2]}`),
  ],
  ["a token of its own making", "signed", (own) => as(own, signed(claims(own), "x".repeat(32)))],
  [
    "a token of another stage",
    "signed",
    (own) => as(own, signed(claims(own), SECRET, "iot-core/myapp/prod")),
  ],
  [
    "a token whose time is over",
    "over",
    (own) => as(own, signed({ ...claims(own), e: Date.now() - 1 }, SECRET)),
  ],
  ["a hundred tokens and one", "at most", (own) => as(own, Array(101).fill(own.token).join(","))],
  ["a token of 40 KB", "characters", (own) => as(own, own.token.padEnd(40_000, "x"))],
];

it.each(FORGERIES)("does not let in a client with %s", async (_, problem, forge) => {
  const world = await createWorld();
  const [own, victim] = [await world.grant("mallory", "red"), await world.grant("ann", "red")];
  const connecting = intruder(world.iotCore, forge(own, victim));
  await expect(connecting).rejects.toThrow("Not authorized");
  expect(world.refused).toMatchObject([{ message: expect.stringContaining(problem) }]);
});

it("lets in a token of its own making that the tests sign with the secret", async () => {
  const world = await createWorld();
  const own = await world.grant("mallory", "red");
  await intruder(world.iotCore, as(own, signed(claims(own), SECRET)));
  expect(world.iotCore.clientIds()).toEqual([idOf(own)]);
});

it("in exact mode takes the topics of a token whose time is over from its client, and no more", async () => {
  const world = await createWorld({ engine: { authorization: "exact" } });
  const [own, other] = [await world.grant("ann", "red"), await world.grant("ann", "blue")];
  const over = signed({ ...claims(other), e: Date.now() - 1 }, SECRET);
  const client = await intruder(world.iotCore, as(own, `${own.token},${over}`));
  await client.subscribeAsync([...own.topics]);
  const others = other.topics.filter((topic) => !own.topics.includes(topic));
  expect(await triesTo(client, (done) => client.subscribe(others, done))).toBe("ended");
  expect(denials(world)).toHaveLength(1);
});

it("lets nobody take the place of a client that is there", async () => {
  const world = await createWorld();
  const victim = await world.grant("ann", "red");
  const client = await intruder(world.iotCore, { clientId: idOf(victim), password: victim.token });
  const own = await world.grant("mallory", "red");
  const connecting = intruder(world.iotCore, { clientId: idOf(victim), password: own.token });
  await expect(connecting).rejects.toThrow("Not authorized");
  expect(client.connected).toBe(true);
});

it("fits as many topics into exact policies as a connection may have, and refuses more", async () => {
  const authorizer = chainOf({ authorization: "exact" }).authorizer();
  const answerFor = (count: number) => {
    const topics = Array.from({ length: count }, (_, number) => `${number}`.padEnd(180, "t"));
    const own = { c: "client", e: Date.now() + 3_600_000, t: topics };
    const password = Buffer.from(signed(own, SECRET)).toString("base64");
    return authorizer(
      { protocolData: { mqtt: { clientId: "myapp-dev-client", password } } },
      { invokedFunctionArn: "arn:aws:lambda:eu-central-1:123456789012:function:f" },
    );
  };
  const { policyDocuments } = await answerFor(50);
  const sizes = policyDocuments.map((document) => JSON.stringify(document).length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2_048);
  const resources = policyDocuments
    .flatMap(({ Statement }) => Statement)
    .flatMap((s) => s.Resource);
  expect(new Set(resources).size).toBe(52);
  expect(sizes.length).toBeLessThanOrEqual(10);
  expect(await answerFor(120)).toMatchObject({ isAuthenticated: false, policyDocuments: [] });
});

it("does not end a subscription because somebody floods its client id with bad tokens", async () => {
  const world = await createWorld();
  const victim = await world.grant("ann", "red");
  const client = await intruder(world.iotCore, { clientId: idOf(victim), password: victim.token });
  const tries = Array.from({ length: 20 }, () =>
    intruder(world.iotCore, { clientId: idOf(victim), password: "v1.x.y" }).catch(() => "refused"),
  );
  expect(new Set(await Promise.all(tries))).toEqual(new Set(["refused"]));
  await until(() => world.refused.length === 20);
  expect(client.connected).toBe(true);
});
