import { TRPCError } from "@trpc/server";
import { BuilderError, InvalidEndpointError, initSubscriptions } from "trpc-aws-subscriptions";
import { iot } from "trpc-aws-subscriptions/iot-core";
import { connectEvent, memory } from "trpc-aws-subscriptions/testing";
import { describe, expect, it } from "vitest";
import { t } from "./harness.ts";

const endpoint = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod";
const none = (): void => undefined;
const fanOut = {
  threshold: 1,
  maxMessageBytes: 1,
  send: async () => undefined,
  receive: async () => undefined,
};

type Connect = ReturnType<ReturnType<typeof chain.store>["connect"]>;

/** A step of a chain as code without types calls it. */
type Untyped = Readonly<Record<string, (...options: readonly unknown[]) => unknown>>;

const subscriptions = initSubscriptions();
const router = t.router({ mine: t.procedure.subscription(subscriptions.resolver<string>()) });
const store = memory();
const chain = subscriptions.router({ router });
const apiGateway = chain.store({ store }) as unknown as Untyped;
const direct = chain.engine(
  iot({ prefix: ["app"], delivery: "direct", store }),
) as unknown as Untyped;

const call = (steps: Untyped, step: string, ...options: readonly unknown[]): unknown =>
  steps[step]?.(...options);

describe("an option that is misspelt", () => {
  it.each([
    ["connect", { authorise: none }],
    ["connect", { allowedOrigin: ["https://example.com"] }],
    ["webSocketHandler", { connect: { authorize: none } }],
    ["disconnect", { onerror: none }],
    ["handler", { createcontext: none }],
    ["publisher", { endpoint, postPerSecond: 1 }],
    ["fanOutHandler", { endpoint, fanOut, recipients: 1 }],
    ["streamHandler", { endpoint, fanOut }],
    ["connect", { constructor: none }],
  ])("is refused by %s(%j) at once", (step, options) => {
    const name = Object.keys(options).at(-1);
    const make = () => call(apiGateway, step, options);
    expect(make).toThrow(BuilderError);
    expect(make).toThrow(`${step}(): unknown option "${name}". Known: `);
  });

  it.each([
    ["authorizer", { authorise: none }],
    ["handler", { createcontext: none }],
    ["handler", { handOverAfterMs: 1 }],
    ["disconnect", { onerror: none }],
    ["publisher", { postPath: "send" }],
    ["fanOutHandler", { fanOut, recipients: 1 }],
    ["streamHandler", { fanOut }],
  ])("is refused by %s(%j) of direct delivery at once", (step, options) => {
    const name = Object.keys(options).at(-1);
    const make = () => call(direct, step, options);
    expect(make).toThrow(BuilderError);
    expect(make).toThrow(`${step}(): unknown option "${name}". Known: `);
  });

  it("is told the names that there are", () => {
    expect(() => call(apiGateway, "connect", { authorise: none })).toThrow(
      'connect(): unknown option "authorise". Known: authorize, allowedOrigins, onError.',
    );
  });
});

describe("options of another form", () => {
  it.each([
    ["connect", none, "connect(): expected an object of options. Known: authorize,"],
    ["handler", null, "handler(): expected an object of options."],
    ["publisher", endpoint, "publisher(): expected an object of options."],
    ["fanOutHandler", undefined, "fanOutHandler(): fanOut is no queue. Give it sqs("],
    ["connect", { authorize: true }, "connect(): authorize is true, not a function."],
    ["connect", { authorize: null }, "connect(): authorize is null, not a function."],
    ["handler", { createContext: {} }, "handler(): createContext is an object, not a function."],
    ["publisher", { endpoint, fanOut: "https://…" }, "publisher(): fanOut is no queue."],
    ["publisher", { endpoint, fanOut: { send: none } }, "publisher(): fanOut is no queue."],
    ["fanOutHandler", { endpoint }, "fanOutHandler(): fanOut is no queue. Give it sqs("],
    ["fanOutHandler", { endpoint, fanOut: null }, "fanOutHandler(): fanOut is no queue."],
  ])("%s(%j) is refused at once", (step, options, message) => {
    const make = () => call(apiGateway, step, options);
    expect(make).toThrow(BuilderError);
    expect(make).toThrow(message);
  });

  it.each(["publisher", "streamHandler"])("%s() without options misses its endpoint", (step) => {
    expect(() => call(apiGateway, step)).toThrow(InvalidEndpointError);
    expect(() => call(apiGateway, step)).toThrow('endpoint "undefined" is not a URL.');
  });
});

describe("an option that keeps somebody out", () => {
  const anybody = "authorize is undefined, so everybody may connect";
  const anyPage = "allowedOrigins is undefined, so pages of every origin may connect";
  const sessionAlone = "createContext is undefined, so the context is the session as it is";
  const connecting = { authorize: anybody, allowedOrigins: anyPage };
  const answering = { createContext: sessionAlone };
  const cases = [
    [apiGateway, { connect: connecting, handler: answering }],
    [apiGateway, { webSocketHandler: { ...connecting, ...answering } }],
    [direct, { authorizer: connecting, handler: answering }],
  ] as const;

  it.each(
    cases.flatMap(([steps, refused]) =>
      Object.entries(refused).flatMap(([step, options]) =>
        Object.entries(options).map(([name, problem]) => ({ steps, step, name, problem })),
      ),
    ),
  )("is refused when it is undefined: $name of $step()", ({ steps, step, name, problem }) => {
    const make = () => call(steps, step, { [name]: undefined });
    expect(make).toThrow(BuilderError);
    expect(make).toThrow(
      `${step}(): ${problem}. Mend the import or variable it is from, or leave it out if that is meant.`,
    );
  });

  it("may be left out", () => {
    expect(call(apiGateway, "connect", {})).toBeTypeOf("function");
    expect(call(apiGateway, "handler")).toBeTypeOf("function");
    expect(call(direct, "authorizer")).toBeTypeOf("function");
  });
});

describe("taken are", () => {
  it("others that are undefined, also those that nobody knows", () => {
    const shared = { onError: undefined, createContext: undefined };
    expect(call(apiGateway, "connect", shared)).toBeTypeOf("function");
    const unset = { endpoint, fanOut: undefined, client: undefined, concurrency: undefined };
    expect(call(apiGateway, "publisher", unset)).toHaveProperty("routes");
    const limits = { maxBatchSize: undefined, handOverAfterMs: undefined, endpoint: undefined };
    expect(call(apiGateway, "handler", limits)).toBeTypeOf("function");
  });

  it("inherited ones, which are obeyed, and others that are inherited", async () => {
    class Options {
      readonly step = undefined;
      name(): string {
        return "options";
      }
      authorize(): never {
        throw new TRPCError({ code: "UNAUTHORIZED" });
      }
    }
    const connect = call(apiGateway, "connect", new Options()) as Connect;
    expect(await connect(connectEvent({ connectionId: "b" }))).toEqual({ statusCode: 401 });
  });
});

describe("allowedOrigins", () => {
  it.each([
    ["https://example.com", 'allowedOrigins is "https://example.com". It is a list'],
    [{ includes: () => true }, "allowedOrigins is an object. It is a list"],
    [null, "allowedOrigins is null. It is a list"],
    [["https://example.com/"], 'Give it as browsers send it, for example "https://example.com".'],
    [
      ["https://example.com:443"],
      'Give it as browsers send it, for example "https://example.com".',
    ],
    [["https://Example.com"], 'Give it as browsers send it, for example "https://example.com".'],
    [
      ["HTTPS://example.com/a?b"],
      'Give it as browsers send it, for example "https://example.com".',
    ],
    [
      ["https://example.com", "example.com"],
      'has "example.com", which matches nobody. Give it as browsers send it',
    ],
    [["https://*.example.com"], 'has "https://*.example.com", which matches nobody.'],
    [["https://"], 'has "https://", which matches nobody.'],
    [[""], 'has "", which matches nobody.'],
    [["*"], "Leave allowedOrigins out where every origin may connect."],
    [[undefined], "has undefined, which matches nobody."],
    [[5], "has 5, which matches nobody."],
  ])("%j is refused at once", (allowedOrigins, message) => {
    for (const [steps, step] of [
      [apiGateway, "connect"],
      [apiGateway, "webSocketHandler"],
      [direct, "authorizer"],
    ] as const) {
      const make = () => call(steps, step, { allowedOrigins });
      expect(make).toThrow(BuilderError);
      expect(make).toThrow(message);
    }
  });

  it.each([
    "https://example.com",
    "http://localhost:5173",
    "http://127.0.0.1:5173",
    "http://[::1]:5173",
    "https://xn--bcher-kva.example",
    "capacitor://localhost",
    "file://",
    "chrome-extension://abcdefghijklmnop",
    "null",
  ])("%s is one", async (origin) => {
    const connect = chain.store({ store }).connect({ allowedOrigins: [origin] });
    const headers = { Origin: origin };
    expect(await connect(connectEvent({ connectionId: "a", headers }))).toEqual({
      statusCode: 200,
    });
  });
});
