import { connectEvent, disconnectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { report } from "../figures.ts";
import { eventWorld, type Forged, forge, mockManagementApi } from "./eventWorld.ts";

type Case = readonly [name: string, fields: Forged];

const hello = { id: 1, method: "query", params: { path: "hello" } };
const onPing = { id: 1, method: "subscription", params: { path: "onPing" } };

const times = (field: string): readonly Case[] => [
  [`no ${field}`, { [field]: undefined }],
  [`${field} null`, { [field]: null }],
  [`${field} NaN`, { [field]: Number.NaN }],
  [`${field} Infinity`, { [field]: Number.POSITIVE_INFINITY }],
  [`${field} as text`, { [field]: "1700000000000" }],
  [`${field} in an array`, { [field]: [1_700_000_000_000] }],
  [`${field} before 1970`, { [field]: -1 }],
  [`${field} with a fraction`, { [field]: 1_700_000_000_000.5 }],
  [`${field} in microseconds`, { [field]: 1_700_000_000_000_000 }],
  [`${field} 1e21`, { [field]: 1e21 }],
];

const connections: readonly Case[] = [
  ["no connectionId", { connectionId: undefined }],
  ["../../x?y#z for a connection", { connectionId: "../../x?y#z" }],
  [".. for a connection", { connectionId: ".." }],
  ["@connections for a connection", { connectionId: "@connections" }],
  ["a NUL in a connection", { connectionId: "abc\u0000" }],
  ["65 characters of connection", { connectionId: "x".repeat(65) }],
  ["__proto__ for a connection, in an object", { connectionId: { __proto__: "a" } }],
];

/** Fields of a `$default` event that make it none. */
const messages: readonly Case[] = [
  ...connections,
  ...times("requestTimeEpoch"),
  ["the type of $connect", { eventType: "CONNECT" }],
  ["the type of $disconnect", { eventType: "DISCONNECT" }],
  ["a type in small letters", { eventType: "message" }],
  ["a type in an array", { eventType: ["MESSAGE"] }],
  ["a messageId that is a number", { messageId: 1 }],
  ["a messageId that is an object", { messageId: {} }],
  ["an empty messageId", { messageId: "" }],
  ["neither messageId nor requestId", { messageId: undefined, requestId: undefined }],
];

const apis: readonly Case[] = ["apiId", "stage"].flatMap((field): Case[] => [
  [`no ${field}`, { [field]: undefined }],
  [`${field} null`, { [field]: null }],
  [`an empty ${field}`, { [field]: "" }],
  [`${field} as a number`, { [field]: 5 }],
  [`${field} as an object`, { [field]: {} }],
  [`129 characters of ${field}`, { [field]: "x".repeat(129) }],
]);

/** Fields of a `$connect` event that make it none. */
const handshakes: readonly Case[] = [
  ...connections,
  ...times("connectedAt"),
  ...apis,
  ["the type of $default", { eventType: "MESSAGE" }],
  ["the type of $disconnect", { eventType: "DISCONNECT" }],
];

const disconnects: readonly Case[] = [
  ...connections,
  ["the type of $default", { eventType: "MESSAGE" }],
  ["the type of $connect", { eventType: "CONNECT" }],
];

const api = mockManagementApi();
let region: string | undefined;

beforeAll(() => {
  region = process.env["AWS_REGION"];
  process.env["AWS_REGION"] = "us-east-1";
});

beforeEach(() => {
  api.reset();
});

afterAll(() => {
  api.restore();
  if (region === undefined) delete process.env["AWS_REGION"];
  else process.env["AWS_REGION"] = region;
});

describe("S16, S17: refused before anything is asked of AWS", () => {
  it.each(messages)("$default: %s", async (_name, fields) => {
    for (const frame of [hello, onPing, "PING", { id: 1, method: "subscription.stop" }]) {
      const { handlers, storeCalls, failures } = eventWorld(api);
      const result = await handlers.handler(forge(messageEvent(frame), fields));
      expect(result).toStrictEqual({ statusCode: 500 });
      expect([storeCalls, api.calls()]).toEqual([[], []]);
      expect(failures).toHaveLength(1);
    }
  });

  it.each(handshakes)("$connect: %s", async (_name, fields) => {
    const { handlers, storeCalls, failures } = eventWorld(api);
    const result = await handlers.connect(forge(connectEvent(), fields));
    expect(result).toStrictEqual({ statusCode: 500 });
    expect([storeCalls, api.calls()]).toEqual([[], []]);
    expect(failures).toHaveLength(1);
  });

  it.each(disconnects)("$disconnect: %s", async (_name, fields) => {
    const { handlers, storeCalls, failures } = eventWorld(api);
    const result = await handlers.disconnect(forge(disconnectEvent(), fields));
    expect(result).toStrictEqual({ statusCode: 500 });
    expect([storeCalls, api.calls()]).toEqual([[], []]);
    expect(failures).toHaveLength(1);
  });

  it("an unknown type, by one handler for all routes", async () => {
    const { handlers, storeCalls, failures } = eventWorld(api);
    const result = await handlers.webSocketHandler(
      forge(messageEvent(hello), { eventType: "DISCONNECTED" }),
    );
    expect(result).toStrictEqual({ statusCode: 500 });
    expect([storeCalls, api.calls()]).toEqual([[], []]);
    expect(failures).toMatchObject([{ message: expect.stringContaining("DISCONNECTED") }]);
  });
});

describe("events that have a field less than API Gateway's", () => {
  it("a frame without messageId is known by its requestId", async () => {
    const { handlers, store } = eventWorld(api);
    await handlers.connect(connectEvent());
    const event = forge(messageEvent(onPing), { messageId: undefined });
    await handlers.handler(event);
    // The same invocation again is no second request.
    await handlers.handler(event);
    expect(store.countRoutes()).toBe(1);
    const frames = api.calls().map(({ args }) => JSON.parse(Reflect.get(args[0].input, "Data")));
    expect(frames.map(({ result }) => result?.type)).toEqual(["started", "started"]);
  });

  it("the type may be missing", async () => {
    const { handlers, posts } = eventWorld(api);
    const untyped = { eventType: undefined };
    expect(await handlers.connect(forge(connectEvent(), untyped))).toEqual({ statusCode: 200 });
    await handlers.handler(forge(messageEvent(hello), untyped));
    expect(await posts()).toHaveLength(1);
  });
});

let ran = 0;
afterEach(() => {
  ran++;
});
afterAll(() => report("hostile events", { cases: ran }));
