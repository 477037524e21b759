import { createHash, randomBytes } from "node:crypto";
import { PublishCommand } from "@aws-sdk/client-iot-data-plane";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { IClientOptions, MqttClient } from "mqtt";
import { expect, it } from "vitest";
import { intruder, triesTo } from "../broadcast/iot-core/intruder.ts";
import { until } from "../broadcast/world.ts";
import { record } from "../e2e/client.ts";
import { startDirect } from "./world.ts";

type World = Awaited<ReturnType<typeof startDirect>>;

const secretOf = (): string => randomBytes(32).toString("base64url");
/** The id that a secret is for, as docs/engines.md tells it. */
const idOf = (secret: string, prefix = "myapp-dev-"): string =>
  prefix + createHash("sha256").update(secret).digest("base64url").slice(0, 22);

/** A client that does what it likes. */
const enter = (
  world: World,
  { search = "&user=eve", ...options }: Parameters<typeof intruder>[1],
) => intruder(world, { search, ...options });

/** A client that was let in. */
async function insider(
  world: World,
): Promise<{ readonly client: MqttClient; readonly id: string }> {
  const password = secretOf();
  const id = idOf(password);
  return { id, client: await enter(world, { clientId: id, password }) };
}

/** Somebody with a subscription. */
async function victim(world: World) {
  const { client } = world.client("ann");
  const heard = record<{ readonly text: string }>((on) =>
    client.onMessage.subscribe({ room: "red" }, on),
  );
  await heard.started;
  const [id = ""] = world.broker.clientIds();
  return { id, heard };
}

/** What the victim hears after all that: one event, and nothing else. */
async function hearsOnly({ publisher }: World, { heard }: Awaited<ReturnType<typeof victim>>) {
  await publisher.routes.onMessage.publish({ data: { text: "for ann" } });
  expect(await heard.received(1)).toEqual([{ text: "for ann" }]);
}

it("lets in who has the secret of its id, and only to send its own frames", async () => {
  const world = await startDirect();
  const { client, id } = await insider(world);
  const publishing = triesTo(client, (done) =>
    client.publish(`myapp/dev/requests/${id}`, "{}", { qos: 1 }, done),
  );
  expect(await publishing).toBe("allowed");
});

const WRONG_IDS: readonly (readonly [what: string, (victimId: string) => IClientOptions])[] = [
  ["another's id with its own secret", (clientId) => ({ clientId, password: secretOf() })],
  ["another's id without a secret", (clientId) => ({ clientId, password: "" })],
  ["another's id as the secret", (clientId) => ({ clientId, password: clientId })],
  ["the id of the empty secret", () => ({ clientId: idOf(""), password: "" })],
  ["the id of a short secret", () => ({ clientId: idOf("x"), password: "x" })],
  [
    "an id of another prefix",
    () => {
      const password = secretOf();
      return { clientId: idOf(password, "myapp-prod-"), password };
    },
  ],
];

it.each(WRONG_IDS)("lets nobody in with %s", async (_, forged) => {
  const world = await startDirect();
  const ann = await victim(world);
  await expect(enter(world, forged(ann.id))).rejects.toThrow("Not authorized");
  expect(world.errors.map(({ message }) => message)).toEqual([
    "The client id is not the one of the secret in the password",
  ]);
  expect(world.broker.clientIds()).toEqual([ann.id]);
  await hearsOnly(world, ann);
});

it("lets nobody in whom authorize refuses, and stores nothing of it", async () => {
  const world = await startDirect();
  const password = secretOf();
  const refused = enter(world, { clientId: idOf(password), password, search: "&user=mallory" });
  await expect(refused).rejects.toThrow("Not authorized");
  expect(await world.table.rows()).toEqual([]);
});

const FILTERS = [
  "myapp/dev/messages",
  "myapp/dev/requests/+",
  "myapp/dev/#",
  "#",
  "$share/group/myapp/dev/messages",
  "$aws/events/#",
];

it.each(FILTERS)("ends a client that subscribes to %s", async (topicFilter) => {
  const world = await startDirect();
  const ann = await victim(world);
  const { client } = await insider(world);
  expect(await triesTo(client, (done) => client.subscribe(topicFilter, done))).toBe("ended");
  await hearsOnly(world, ann);
});

it("ends a client that publishes as another, to others, or to a level below its own", async () => {
  const world = await startDirect();
  const ann = await victim(world);
  const topicsOf = (id: string) => [
    `myapp/dev/requests/${ann.id}`,
    "myapp/dev/messages",
    `myapp/dev/requests/${id}/x`,
    "myapp/dev/requests",
    "$aws/things/x/shadow/update",
  ];
  const stop = JSON.stringify({ id: 1, method: "subscription.stop" });
  for (const which of topicsOf("").keys()) {
    const { client, id } = await insider(world);
    const topic = topicsOf(id)[which] ?? "";
    const publishing = triesTo(client, (done) => client.publish(topic, stop, { qos: 1 }, done));
    expect(await publishing, topic).toBe("ended");
  }
  await hearsOnly(world, ann);
});

it("takes no frame that a backend published in a client's name", async () => {
  const world = await startDirect();
  const ann = await victim(world);
  const stop = new TextEncoder().encode(JSON.stringify({ id: 1, method: "subscription.stop" }));
  const topic = `myapp/dev/requests/${ann.id}`;
  await world.sdk.send(new PublishCommand({ topic, payload: stop }));
  await until(() => world.observed.some(({ type }) => type === "ruleFailed"));
  await hearsOnly(world, ann);
});

it.each([
  ["nothing", undefined],
  ["a message without its id", { body: "", clientId: "myapp-dev-x", timestamp: 1 }],
  ["a message of nobody", { body: "", messageId: "1", clientId: "n/a", timestamp: 1 }],
  [
    "a message of another prefix's client",
    { body: "", messageId: "1", clientId: idOf("x", "myapp-prod-"), timestamp: 1 },
  ],
  ["an object for the id", { body: "", messageId: "1", clientId: {}, timestamp: 1 }],
])("the handler refuses %s", async (_, event) => {
  const world = await startDirect();
  await expect(world.handler(event)).rejects.toMatchObject({ code: "RULE_EVENT" });
});

it("lets no frame end or change another connection's subscription", async () => {
  const world = await startDirect();
  const ann = await victim(world);
  const { client, id } = await insider(world);
  const frames = [
    { id: 1, method: "subscription.stop" },
    { id: 1, method: "subscription.stop", params: { connectionId: ann.id } },
    [{ id: 1, method: "subscription.stop" }],
  ];
  for (const frame of frames) {
    await client.publishAsync(`myapp/dev/requests/${id}`, JSON.stringify(frame), { qos: 1 });
  }
  await until(() => world.frames.length === 1 + frames.length);
  await world.broker.settled();
  await hearsOnly(world, ann);
});

it.each(["myapp-prod-0123456789012345678901", "myapp-dev-short", "../topics/x"])(
  "posts to no client %s, though a row names it",
  async (foreign) => {
    const world = await startDirect();
    const ann = await victim(world);
    const sent: unknown[] = [];
    world.sdk.middlewareStack.add((next) => (args) => {
      sent.push(Reflect.get(args.input, "clientId"));
      return next(args);
    });
    const [row] = await world.table.routeRows();
    const forged: unknown = JSON.parse(JSON.stringify(row).replaceAll(ann.id, foreign));
    const table = DynamoDBDocumentClient.from(world.table.observer);
    await table.send(
      new PutCommand({ TableName: world.table.tableName, Item: forged as Record<string, unknown> }),
    );
    const { publish } = world.publisher.routes.onMessage;
    const report = await publish({ data: { text: "for ann" } });
    expect(report).toMatchObject({ matched: 2, delivered: 1, failed: 1 });
    expect(sent).toEqual([ann.id]);
    expect(world.errors[0]?.message).toContain("is no client of myapp/dev");
  },
);
