import { createHmac } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { post, RawClient } from "../unit/testing/appsync-events/rawClient.ts";
import { chainOn, createWorld, SECRET } from "./world.ts";

type World = Awaited<ReturnType<typeof createWorld>>;

/** A client that can say whatever it likes, connected with its own good grant. */
async function connected(world: World, token: string) {
  const authorization = { Authorization: token, host: world.api.host };
  const client = await RawClient.open(world.api, authorization);
  client.send({ type: "connection_init" });
  await client.next({ type: "connection_ack" });
  let id = 0;
  return {
    client,
    authorization,
    /** What the subscribe is answered with. */
    subscribe: async (channel: string, as: object = authorization) =>
      (await client.subscribe(`id${++id}`, channel, as)).type,
  };
}

const OK = "subscribe_success";
const REFUSED = "subscribe_error";

describe("a client with a good grant of its own", () => {
  it("may subscribe to the channels in it, with and without the slash, and to nobody else's", async () => {
    const world = await createWorld();
    const [mine, bobs] = [await world.grant("alice"), await world.grant("bob")];
    const { subscribe } = await connected(world, mine.token);
    for (const topic of mine.topics) expect(await subscribe(topic)).toBe(OK);
    expect(await subscribe(mine.topics[0]?.slice(1) ?? "")).toBe(OK);
    const others = bobs.topics.filter((topic) => !mine.topics.includes(topic));
    expect(others.length).toBeGreaterThan(1);
    for (const topic of others) expect(await subscribe(topic)).toBe(REFUSED);
    for (const topic of mine.topics) {
      expect(await subscribe(topic.toUpperCase().replace("MYAPP", "myapp"))).toBe(REFUSED);
      expect(await subscribe(topic.slice(0, -1))).toBe(REFUSED);
      expect(await subscribe(`${topic}/more`)).toBe(REFUSED);
    }
  });

  it("hears no wildcard, whatever stands before it", async () => {
    const world = await createWorld();
    const { token, topics } = await world.grant("alice");
    const { subscribe } = await connected(world, token);
    const wildcards = topics.flatMap((topic) => {
      const segments = topic.split("/");
      return segments.slice(2).map((_, index) => [...segments.slice(0, index + 2), "*"].join("/"));
    });
    expect(wildcards).toContain("/myapp/*");
    for (const wildcard of [...wildcards, ...topics.map((topic) => `${topic}/*`), "/*", "*"]) {
      expect(await subscribe(wildcard)).toBe(REFUSED);
    }
    expect(world.api.subscriptionCount()).toBe(0);
  });

  it("publishes nothing, by the socket or by HTTP, not even to its own channels", async () => {
    const world = await createWorld();
    const { token, topics } = await world.grant("alice");
    const { client, authorization } = await connected(world, token);
    for (const channel of topics) {
      client.send({ type: "publish", id: "p", channel, events: ['{"m":"x"}'], authorization });
      expect(await client.next({ id: "p" })).toMatchObject({
        type: "publish_error",
        errors: [{ errorType: "UnauthorizedException" }],
      });
      const sent = await post(world.api, { channel, events: ["1"] }, { authorization: token });
      expect(sent.status).toBe(401);
    }
  });
});

/** The token with another list of channels, signed by somebody who does not know the secret. */
function forged(token: string, topics: readonly string[], key: string): string {
  const [version, payload = ""] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
  const text = Buffer.from(JSON.stringify({ ...claims, t: topics })).toString("base64url");
  const signed = `${version}.${text}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

describe("a token", () => {
  it("that is forged, changed, cut or huge is good for nothing", async () => {
    const world = await createWorld();
    const [mine, bobs] = [await world.grant("alice"), await world.grant("bob")];
    const [signed = "", mac = ""] = mine.token.split(/\.(?=[^.]*$)/);
    const { subscribe } = await connected(world, mine.token);
    const ofBob = bobs.token.split(/\.(?=[^.]*$)/);
    const tokens = [
      "",
      "Bearer",
      mine.token.slice(0, -1),
      mine.token.slice(1),
      `${mine.token}x`,
      `${signed}.${mac.startsWith("A") ? "B" : "A"}${mac.slice(1)}`,
      `${ofBob[0]}.${mac}`,
      `${signed}.${ofBob[1]}`,
      forged(mine.token, bobs.topics, "guess"),
      forged(mine.token, bobs.topics, SECRET),
      mine.token.replace(".", `.${"A".repeat(50_000)}`),
    ];
    for (const Authorization of tokens) {
      const authorization = { Authorization, host: world.api.host };
      expect(await subscribe(mine.topics[0] ?? "", authorization)).toBe(REFUSED);
      expect(await subscribe(bobs.topics[1] ?? "", authorization)).toBe(REFUSED);
      // What does not fit into the headers of a handshake does not even get there.
      if (Authorization.length > 10_000) continue;
      await (await RawClient.open(world.api, authorization)).next({ type: "connection_error" });
    }
  });

  it("of another secret or namespace is good for nothing, though it names the channels", async () => {
    const world = await createWorld();
    const { token, topics } = await world.grant("alice");
    const { subscribe } = await connected(world, token);
    for (const engine of [{ secret: "f".repeat(32) }, { namespace: "other" }]) {
      const other = await createWorld({ engine });
      const { token: Authorization } = await other.grant("alice");
      const authorization = { Authorization, host: world.api.host };
      expect(await subscribe(topics[0] ?? "", authorization)).toBe(REFUSED);
    }
  });

  it("of one user does not open the channels of another, on whoever's connection", async () => {
    const world = await createWorld();
    const [mine, bobs] = [await world.grant("alice"), await world.grant("bob")];
    const { subscribe } = await connected(world, bobs.token);
    const asAlice = { Authorization: mine.token, host: world.api.host };
    expect(await subscribe(mine.topics[1] ?? "", asAlice)).toBe(OK);
    expect(await subscribe(bobs.topics[1] ?? "", asAlice)).toBe(REFUSED);
  });
});

describe("a token whose time is over", () => {
  afterEach(() => void vi.useRealTimers());

  it("is refused, also where the API keeps answers of authorizers for longer", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const world = await createWorld({
      engine: { grantTtlMs: 60_000 },
      api: { authorizerResultTtlSeconds: 3_600 },
    });
    const { token, topics } = await world.grant("alice");
    const { subscribe, client, authorization } = await connected(world, token);
    expect(await subscribe(topics[0] ?? "")).toBe(OK);
    client.send({ type: "unsubscribe", id: "id1" });
    await client.next({ type: "unsubscribe_success" });
    vi.setSystemTime(Date.now() + 59_000);
    expect(await subscribe(topics[0] ?? "")).toBe(OK);
    vi.setSystemTime(Date.now() + 1_000);
    expect(await subscribe(topics[0] ?? "")).toBe(REFUSED);
    await (await RawClient.open(world.api, authorization)).next({ type: "connection_error" });
  });
});

describe("the authorizer", () => {
  const ask = chainOn().authorizer();
  const context = { apiId: "a", accountId: "b", requestId: "c" };

  it.each([
    { authorizationToken: undefined, requestContext: { ...context, operation: "EVENT_CONNECT" } },
    { authorizationToken: 7, requestContext: { ...context, operation: "EVENT_CONNECT" } },
    { authorizationToken: "x", requestContext: { ...context, operation: "EVENT_SOMETHING" } },
    { authorizationToken: "x", requestContext: { ...context, operation: "EVENT_SUBSCRIBE" } },
  ])("says no to %j, and lets nobody keep the answer", async (event) => {
    expect(await ask(event as never)).toEqual({ isAuthorized: false, ttlOverride: 0 });
  });

  it("tells why, to nobody but its owner", async () => {
    const { chain, grant } = await createWorld();
    const { token } = await grant("alice");
    const refusals: unknown[] = [];
    const authorizer = chain.authorizer({
      onRefused({ error, operation, channel }) {
        refusals.push([error.name, operation, channel]);
        throw new Error("dropped");
      },
    });
    const say = (authorizationToken: string, operation: string, channel?: string) =>
      authorizer({
        authorizationToken,
        requestContext: { ...context, operation, channel },
      } as never);
    await say("forged", "EVENT_CONNECT");
    await say(token, "EVENT_SUBSCRIBE", "/myapp/*");
    await say(token, "EVENT_PUBLISH", "/myapp/a");
    expect(await say(token, "EVENT_CONNECT")).toEqual({ isAuthorized: true, ttlOverride: 0 });
    expect(refusals).toEqual([
      ["GrantTokenError", "EVENT_CONNECT", undefined],
      ["BrokerRefusedError", "EVENT_SUBSCRIBE", "/myapp/*"],
      ["BrokerRefusedError", "EVENT_PUBLISH", "/myapp/a"],
    ]);
  });

  it("says no to an operation that it does not know, and to a subscription without a channel", async () => {
    const { chain, grant } = await createWorld();
    const { token: authorizationToken } = await grant("alice");
    for (const operation of ["EVENT_SOMETHING", "EVENT_SUBSCRIBE"]) {
      const event = { authorizationToken, requestContext: { ...context, operation } };
      expect(await chain.authorizer()(event as never)).toMatchObject({ isAuthorized: false });
    }
  });
});
