import {
  DeleteConnectionCommand,
  GetConnectionCommand,
  ListSubscriptionsCommand,
  PublishCommand,
  SendDirectMessageCommand,
} from "@aws-sdk/client-iot-data-plane";
import { expect, it } from "vitest";
import { startIotCore } from "../../../../src/testing/index.ts";
import { testIotCore } from "./testIotCore.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

it("takes what the SDK publishes, and sends it to its subscribers", async () => {
  const { sdk, connect, observed } = await testIotCore();
  const { client, messages } = await connect("a");
  await client.subscribeAsync("open/é x/+", { qos: 1 });
  await sdk.send(new PublishCommand({ topic: "open/é x/1", qos: 1, payload: bytes("ü") }));
  await sdk.send(new PublishCommand({ topic: "open/é x/2" }));
  await expect.poll(() => messages).toEqual(["open/é x/1: ü", "open/é x/2: "]);
  expect(observed.filter(({ type }) => type === "published")).toMatchObject([
    { qos: 1, receivers: 1 },
    { qos: 0, receivers: 1 },
  ]);
});

it.each([
  ["a/b/c/d/e/f/g/h/i", "InvalidRequestException"],
  ["x".repeat(257), "InvalidRequestException"],
  ["a/#", "InvalidRequestException"],
])("refuses to publish to %s", async (topic, name) => {
  const { sdk } = await testIotCore();
  await expect(sdk.send(new PublishCommand({ topic }))).rejects.toMatchObject({ name });
  const longest = new PublishCommand({ topic: `a/b/c/d/e/f/g/${"x".repeat(242)}` });
  await expect(sdk.send(longest)).resolves.toBeDefined();
});

it("refuses a payload of more than 128 KB", async () => {
  const { sdk } = await testIotCore();
  const publish = (size: number): Promise<unknown> =>
    sdk.send(new PublishCommand({ topic: "a", payload: new Uint8Array(size) }));
  await publish(131_072);
  await expect(publish(131_073)).rejects.toMatchObject({ name: "RequestEntityTooLargeException" });
});

it("refuses the 51st subscription, and ends who asks for nine at once", async () => {
  const { connect, iotCore } = await testIotCore();
  const { client, closed } = await connect("a", { protocolVersion: 5 });
  for (let number = 0; number < 50; number++) await client.subscribeAsync(`open/${number}`);
  await client.subscribeAsync("open/0");
  await expect(client.subscribeAsync("open/50")).rejects.toThrow("Quota exceeded");
  expect(iotCore.topicFilters("a")).toHaveLength(50);
  const nine = Array.from({ length: 9 }, (_, number) => `open/${number}`);
  const subscribing = client.subscribeAsync(nine).catch(() => "failed");
  expect(await closed).toBe(0x82);
  client.end(true);
  await subscribing;
});

it("has the calls for one client", async () => {
  const { sdk, connect } = await testIotCore();
  const { client, messages, closed } = await connect("a", { protocolVersion: 5 });
  await client.subscribeAsync(["open/1", "open/2"], { qos: 1 });
  const one = { clientId: "a" };
  expect(await sdk.send(new ListSubscriptionsCommand(one))).toMatchObject({
    subscriptions: [
      { topicFilter: "open/1", qos: 1 },
      { topicFilter: "open/2", qos: 1 },
    ],
  });
  expect(await sdk.send(new GetConnectionCommand(one))).toMatchObject({ connected: true });
  // It need not be subscribed.
  const message = { ...one, topic: "open/direct", payload: bytes("1"), confirmation: true };
  await sdk.send(new SendDirectMessageCommand(message));
  await expect.poll(() => messages).toEqual(["open/direct: 1"]);
  await sdk.send(new DeleteConnectionCommand(one));
  expect(await closed).toBe(0x98);
  const gone = { name: "ResourceNotFoundException" };
  await expect(sdk.send(new SendDirectMessageCommand(message))).rejects.toMatchObject(gone);
  await expect(sdk.send(new DeleteConnectionCommand(one))).rejects.toMatchObject(gone);
});

it("tells the life cycle of clients, and runs rules", async () => {
  const events: object[] = [];
  const { connect, iotCore, next } = await testIotCore({
    rules: [
      {
        sql: "SELECT *, topic() AS from FROM '$aws/events/#'",
        handler: async (event: object) => {
          events.push(event);
        },
      },
      { sql: "SELECT * FROM 'open/#'", handler: async () => Promise.reject(new Error("broken")) },
    ],
  });
  const { client } = await connect("a");
  await client.subscribeAsync("open/a");
  await client.unsubscribeAsync("open/a");
  await client.publishAsync("open/a", "{}");
  expect(await next("ruleFailed")).toMatchObject({ error: new Error("broken") });
  await client.endAsync();
  await next("disconnected");
  await iotCore.settled();
  const about = { clientId: "a", timestamp: expect.any(Number) };
  const from = (kind: string, eventType: string): object => ({
    ...about,
    eventType,
    from: `$aws/events/${kind}/${eventType}/a`,
  });
  expect(events).toEqual([
    from("presence", "connected"),
    { ...from("subscriptions", "subscribed"), topics: ["open/a"] },
    { ...from("subscriptions", "unsubscribed"), topics: ["open/a"] },
    { ...from("presence", "disconnected"), disconnectReason: "CLIENT_INITIATED_DISCONNECT" },
  ]);
});

it("tells rules who published what, in base64 where it is no object", async () => {
  const events: object[] = [];
  const { connect, iotCore, sdk } = await testIotCore({
    rules: [
      {
        sql: "SELECT encode(*, 'base64') AS body, clientid() AS by, newuuid() AS id, timestamp() AS at FROM 'open/+'",
        handler: async (event: object) => void events.push(event),
      },
    ],
  });
  const { client } = await connect("a");
  await client.publishAsync("open/a", '["é"]', { qos: 1 });
  await sdk.send(new PublishCommand({ topic: "open/b", payload: bytes("no JSON") }));
  await iotCore.settled();
  const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
  const made = { id: expect.stringMatching(uuid), at: expect.any(Number) };
  expect(events).toEqual([
    { body: Buffer.from('["é"]').toString("base64"), by: "a", ...made },
    { body: Buffer.from("no JSON").toString("base64"), by: "n/a", ...made },
  ]);
  expect(new Set(events.map((event) => Reflect.get(event, "id"))).size).toBe(2);
});

it.each([
  "SELECT temperature FROM 'open/#'",
  "SELECT principal() AS by FROM 'open/#'",
  "SELECT topic() FROM 'open/#'",
  "SELECT encode(*, 'hex') AS body FROM 'open/#'",
  "SELECT * FROM 'open/#' WHERE temperature > 50",
])("refuses a rule that it does not understand: %s", async (sql) => {
  const handler = async (): Promise<void> => undefined;
  await expect(startIotCore({ authorizers: {}, rules: [{ sql, handler }] })).rejects.toMatchObject({
    code: "LOCAL",
    message: expect.stringContaining(sql),
  });
});
