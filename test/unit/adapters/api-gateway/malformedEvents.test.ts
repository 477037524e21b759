import {
  connectEvent,
  disconnectEvent,
  memory,
  messageEvent,
} from "trpc-aws-subscriptions/testing";
import { describe, expect, it } from "vitest";
import { adapterOf, query, subscriptions, t } from "./harness.ts";

const router = t.router({
  hello: t.procedure.query(() => "hello"),
  onPing: t.procedure.subscription(subscriptions.resolver<string>()),
});

const good = messageEvent(query(1, "hello"));
const withContext = (fields: object): unknown => ({
  ...good,
  requestContext: { ...good.requestContext, ...fields },
});
const withId = (connectionId: unknown): unknown => withContext({ connectionId });

/** Events that name no connection. */
const NO_CONNECTION: readonly (readonly [what: string, event: unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["text", "event"],
  ["a number", 1],
  ["an array", [good]],
  ["an empty event", {}],
  ["an event without requestContext", { body: good.body, isBase64Encoded: false }],
  ["a null requestContext", { ...good, requestContext: null }],
  ["text as requestContext", { ...good, requestContext: "x" }],
  ["an empty requestContext", { ...good, requestContext: {} }],
  ["an event of an HTTP API", { version: "2.0", rawPath: "/", requestContext: { http: {} } }],
  ["an SQS event", { Records: [{ body: "{}" }] }],
  ["no connectionId", withId(undefined)],
  ["a null connectionId", withId(null)],
  ["a numeric connectionId", withId(1)],
  ["an object as connectionId", withId({ toString: () => "connection" })],
  ["an array as connectionId", withId(["connection"])],
  ["an empty connectionId", withId("")],
  ["S17: ../../x?y#z as connectionId", withId("../../x?y#z")],
  ["S17: an absolute path as connectionId", withId("/etc/passwd")],
  ["S17: a URL as connectionId", withId("https://evil.com")],
  ["S17: an encoded slash in connectionId", withId("a%2Fb")],
  ["S17: a key separator in connectionId", withId("a#subscription")],
  ["S17: a line break at the end of connectionId", withId("connection\n")],
  ["S17: a NUL in connectionId", withId("a\u0000")],
  ["S17: letters beyond ASCII in connectionId", withId("ａｂｃ")],
  ["S17: 65 characters of connectionId", withId("x".repeat(65))],
  ["S17: a megabyte of connectionId", withId("x".repeat(1_000_000))],
];

/** Bodies that hold no message that can be told apart: answered by one error without an id. */
const BODIES: readonly (readonly [what: string, event: unknown])[] = [
  ["no body", { ...good, body: undefined }],
  ["a null body", { ...good, body: null }],
  ["an empty body", { ...good, body: "" }],
  ["a space", { ...good, body: " " }],
  ["half a JSON", { ...good, body: '{"id":1' }],
  ["the gateway's own text", { ...good, body: "OK" }],
  ["JSON of null", { ...good, body: "null" }],
  ["JSON of text", { ...good, body: '"PING"' }],
  ["a number as body", { ...good, body: 5 }],
  ["an object as body", { ...good, body: { id: 1 } }],
  ["bytes that are no UTF-8", { ...good, body: "/////w==", isBase64Encoded: true }],
  ["base64 that is none", { ...good, body: "%%%", isBase64Encoded: true }],
  ["base64 without the flag", { ...good, body: Buffer.from("{}").toString("base64") }],
  ["nesting of 10,000 levels", { ...good, body: `${"[".repeat(10_000)}${"]".repeat(10_000)}` }],
];

const run = async (event: unknown, adapter = adapterOf(router)) => {
  await adapter.open();
  const result = await adapter.handler(event as typeof good);
  return { ...adapter, result };
};

describe("C17, R11: the $default handler never throws and has no body", () => {
  it.each(NO_CONNECTION)("%s: 500, told to onError, posted to nobody", async (_what, event) => {
    const { result, failures, recording } = await run(event);
    expect(result).toEqual({ statusCode: 500 });
    expect(failures).toMatchObject([
      {
        error: {
          message: expect.stringMatching(
            /^not an event of a WebSocket API: .* Connect the function to the routes of one;/,
          ),
        },
        req: event,
      },
    ]);
    expect(recording.posts).toEqual([]);
  });

  it.each(BODIES)("T13: %s: PARSE_ERROR without an id", async (_what, event) => {
    const { result, frames, failures } = await run(event);
    expect(result).toEqual({ statusCode: 200 });
    expect(frames()).toMatchObject([
      { id: null, error: { code: -32_700, data: { code: "PARSE_ERROR", httpStatus: 400 } } },
    ]);
    expect(failures).toMatchObject([{ error: { code: "PARSE_ERROR" }, type: "unknown" }]);
  });

  it("reads a body in base64", async () => {
    const body = Buffer.from('{"id":"é","method":"query","params":{"path":"hello"}}');
    const event = { ...good, body: body.toString("base64"), isBase64Encoded: true };
    const { result, frames } = await run(event);
    expect(result).toEqual({ statusCode: 200 });
    expect(frames()).toEqual([{ id: "é", result: { type: "data", data: "hello" } }]);
  });

  it("T7: an empty array has no answer", async () => {
    const { result, recording, failures } = await run({ ...good, body: "[]" });
    expect(result).toEqual({ statusCode: 200 });
    expect(recording.posts).toEqual([]);
    expect(failures).toEqual([]);
  });

  it.each([{ apiId: "evil.com/" }, { stage: "../x" }, { apiId: undefined }, { stage: 5 }])(
    "S16: %j, with no client given: nothing is posted",
    async (fields) => {
      const failures: unknown[] = [];
      const handler = adapterOf(router).chain.handler({
        onError: ({ error }) => failures.push(error),
      });
      expect(await handler(withContext(fields) as typeof good)).toEqual({ statusCode: 500 });
      expect(failures).toMatchObject([{ cause: { name: "InvalidEndpointError" } }]);
    },
  );
});

describe("R6: an event of a connection that is not there", () => {
  it("gets an answer with its id, and creates no row", async () => {
    const store = memory();
    const { send, close } = adapterOf(router, { store });
    for (const path of ["hello", "onPing"]) {
      const method = path === "hello" ? "query" : "subscription";
      const frames = await send({ id: 1, method, params: { path } });
      expect(frames).toMatchObject([{ id: 1, error: { data: { code: "UNAUTHORIZED" } } }]);
    }
    await close();
    await send(["PING", { id: 1, method: "subscription.stop" }]);
    expect(store.countRoutes()).toBe(0);
    expect(await store.getConnection("connection")).toBeUndefined();
  });
});

describe("one handler for all routes", () => {
  const serve = () => {
    const adapter = adapterOf(router);
    const failures: unknown[] = [];
    const handler = adapter.chain.webSocketHandler({
      client: adapter.recording.client,
      onError: ({ error }) => failures.push(error),
      authorize: ({ query: { user } }) => ({ session: { user } }),
    });
    return { ...adapter, handler, failures };
  };

  it("goes by eventType, whatever the route key says", async () => {
    const { handler, store, frames, failures } = serve();
    const routeKey = "custom";
    const connect = connectEvent({ query: { user: "alice" }, requestContext: { routeKey } });
    expect(await handler(connect)).toEqual({ statusCode: 200 });
    expect(await store.getConnection("connection")).toMatchObject({ session: '{"user":"alice"}' });
    const message = messageEvent(query(1, "hello"), { requestContext: { routeKey } });
    expect(await handler(message)).toEqual({ statusCode: 200 });
    expect(frames()).toEqual([{ id: 1, result: { type: "data", data: "hello" } }]);
    const disconnect = disconnectEvent({ requestContext: { routeKey } });
    expect(await handler(disconnect)).toEqual({ statusCode: 200 });
    expect(await store.getConnection("connection")).toBeUndefined();
    expect(failures).toEqual([]);
  });

  it.each(NO_CONNECTION)("C17: %s: 500, not an exception", async (_what, event) => {
    const { handler, failures } = serve();
    expect(await handler(event as typeof good)).toEqual({ statusCode: 500 });
    expect(failures).toHaveLength(1);
  });

  it("hands the Lambda context to authorize and to createContext", async () => {
    const adapter = adapterOf(router);
    const seen: unknown[] = [];
    const handler = adapter.chain.webSocketHandler({
      client: adapter.recording.client,
      authorize: ({ context }) => {
        seen.push(context);
        return { session: 1 };
      },
      createContext: ({ context }) => {
        seen.push(context);
        return {};
      },
    });
    const context = { awsRequestId: "r" };
    await handler(connectEvent(), context);
    await handler(messageEvent(query(1, "hello")), context);
    expect(seen).toEqual([context, context]);
    expect(seen[0]).toBe(context);
  });
});
