import { TRPCError } from "@trpc/server";
import { memory, messageEvent } from "trpc-aws-subscriptions/testing";
import { describe, expect, it, vi } from "vitest";
import type { SubscriptionsEvent } from "../../../../src/events/types.ts";
import { deferred } from "../../../e2e/deferred.ts";
import {
  type AdapterOptions,
  adapterOf,
  mutation,
  query,
  subscription,
  subscriptions,
  t,
} from "./harness.ts";

const router = t.router({
  get: t.procedure.query(() => "value"),
  set: t.procedure.mutation((): never => {
    throw new TRPCError({ code: "CONFLICT", message: "no" });
  }),
  live: t.procedure.subscription(subscriptions.resolver<string>()),
  secret: t.procedure
    .use((): never => {
      throw new TRPCError({ code: "FORBIDDEN" });
    })
    .subscription(subscriptions.resolver<string>()),
  greeting: t.procedure.subscription(
    subscriptions.resolver<string>({
      async *onStart() {
        yield "hello";
      },
    }),
  ),
  count: t.procedure.subscription(async function* () {
    yield 1;
  }),
  breaks: t.procedure.subscription(async function* () {
    yield 1;
    throw new TRPCError({ code: "PRECONDITION_FAILED", message: "broken" });
  }),
});

const durationMs = expect.any(Number);
const connectionId = "connection";

function listening(options: AdapterOptions = {}) {
  const events: SubscriptionsEvent[] = [];
  const adapter = adapterOf(router, { onEvent: (event) => events.push(event), ...options });
  /** What was told since the last time. */
  const told = (): readonly SubscriptionsEvent[] => events.splice(0);
  return { ...adapter, told };
}

async function opened(options: AdapterOptions = {}) {
  const adapter = listening(options);
  await adapter.open();
  adapter.told();
  return adapter;
}

describe("$connect and $disconnect", () => {
  it("tell who came, and with how many subscriptions they left", async () => {
    const { open, send, close, told } = listening();
    await open();
    expect(told()).toEqual([{ type: "connected", connectionId, durationMs }]);
    await send([subscription(1, "live"), subscription(2, "live")]);
    told();
    await close();
    expect(told()).toEqual([{ type: "disconnected", connectionId, subscriptions: 2, durationMs }]);
  });

  it("tell of a refused handshake with its status, after the error", async () => {
    const error = new TRPCError({ code: "FORBIDDEN", message: "no" });
    const { open, told } = listening({ connect: { authorize: () => Promise.reject(error) } });
    await open();
    expect(told()).toEqual([
      { type: "failed", step: "connect", error, code: "FORBIDDEN", connectionId },
      { type: "connectionRefused", connectionId, status: 403, code: "FORBIDDEN", durationMs },
    ]);
  });

  it("leave out the connection of an event that has none", async () => {
    const { connect, told } = listening();
    await connect({ requestContext: { connectionId: "no/id" } } as never);
    for (const event of told()) expect(event).not.toHaveProperty("connectionId");
  });
});

describe("requests", () => {
  it("tell of a query, and of a mutation with what its client was told", async () => {
    const { send, told, failures } = await opened();
    await send(query(1, "get"));
    const called = { type: "called", connectionId, durationMs };
    expect(told()).toEqual([{ ...called, path: "get", procedureType: "query", ok: true }]);
    await send(mutation(2, "set"));
    const [failure] = failures;
    expect(told()).toEqual([
      { ...called, path: "set", procedureType: "mutation", ok: false, code: "CONFLICT" },
      {
        ...{ type: "failed", step: "handler", error: failure?.error, code: "CONFLICT" },
        ...{ path: "set", connectionId },
      },
    ]);
  });

  it("say no path that a client made up", async () => {
    const { send, told } = await opened();
    await send(query(1, "no.such.path"));
    const events = told();
    expect(events.map(({ type }) => type)).toEqual(["called", "failed"]);
    for (const event of events) expect(event).not.toHaveProperty("path");
  });

  it("tell the masked code of a fault of the table", async () => {
    const down = Object.assign(new Error("down"), { $metadata: {} });
    const store = { ...memory(), getConnection: () => Promise.reject(down) };
    const { send, told } = await opened({ store });
    await send(query(1, "get"));
    expect(told()).toMatchObject([
      { ok: false, code: "INTERNAL_SERVER_ERROR" },
      { step: "handler" },
    ]);
  });

  it("tell once of a request whose time is over, also when its work ends later", async () => {
    const work = deferred<string>();
    const late = t.router({ late: t.procedure.query(() => work.promise) });
    const events: SubscriptionsEvent[] = [];
    const { open, send } = adapterOf(late, { onEvent: (event) => events.push(event) });
    await open();
    const context = { getRemainingTimeInMillis: () => 1_600 };
    await send(query(1, "late"), { context } as never);
    work.resolve("value");
    await new Promise(setImmediate);
    const called = events.filter(({ type }) => type === "called");
    expect(called).toMatchObject([{ ok: false, code: "TIMEOUT" }]);
  });
});

describe("subscriptions", () => {
  it("tell of their rows once they are live, and of their end", async () => {
    const { send, told } = await opened();
    await send(subscription(7, "live"));
    expect(told()).toEqual([
      {
        ...{ type: "subscribed", connectionId, id: 7, path: "live" },
        filters: [],
        rows: 2,
        durationMs,
      },
    ]);
    await send({ id: 7, method: "subscription.stop" });
    const by = "client";
    expect(told()).toEqual([{ type: "unsubscribed", connectionId, id: 7, path: "live", by }]);
    await send({ id: 7, method: "subscription.stop" });
    expect(told()).toEqual([]);
  });

  it("tell of a refused one as of a call", async () => {
    const { send, told } = await opened();
    await send(subscription(7, "secret"));
    expect(told()).toMatchObject([
      { type: "called", procedureType: "subscription", ok: false, code: "FORBIDDEN" },
      { type: "failed" },
    ]);
  });

  it("tell of one that runs here when it is over", async () => {
    const { send, told } = await opened();
    await send(subscription(1, "count"));
    const called = { type: "called", connectionId, procedureType: "subscription", durationMs };
    expect(told()).toEqual([{ ...called, path: "count", ok: true }]);
    await send(subscription(2, "breaks"));
    expect(told()).toEqual([
      expect.objectContaining({ type: "failed", code: "PRECONDITION_FAILED" }),
      { ...called, path: "breaks", ok: false, code: "PRECONDITION_FAILED" },
    ]);
  });

  it.each(["live", "greeting"])(
    "of a client that is gone: %s is not told as live",
    async (path) => {
      const { send, told } = await opened({ onPost: () => 410 });
      await send(subscription(1, path));
      expect(told()).toEqual([{ type: "gone", connectionId, subscriptions: 1, step: "handler" }]);
    },
  );
});

it("refused posts are told of once for each frame of a client", async () => {
  const tries: string[] = [];
  const onPost = ({ frame }: { readonly frame: string }) => (tries.push(frame) <= 2 ? 429 : 200);
  const { send, told } = await opened({ onPost });
  await send(query(1, "get"));
  expect(told()).toMatchObject([
    { type: "called", ok: true },
    { type: "throttled", by: "managementApi", times: 2, step: "handler", connectionId },
  ]);
});

it("PING reports nothing", async () => {
  const { handler, told } = await opened();
  await handler(messageEvent("PING"));
  expect(told()).toEqual([]);
});

describe("an onEvent that throws", () => {
  const broken = new Error("broken listener");
  const onEvent = (): never => {
    throw broken;
  };

  it("changes no answer, and onError is told of each time", async () => {
    const { open, send, close, failures } = adapterOf(router, { onEvent });
    expect(await open()).toBe(200);
    const [answer] = await send(query(1, "get"));
    expect(answer?.result?.data).toBe("value");
    const [started] = await send(subscription(2, "live"));
    expect(started?.result?.type).toBe("started");
    expect(await close()).toBe(200);
    expect(failures.map(({ error }) => error.cause)).toEqual([broken, broken, broken, broken]);
  });

  it("is not told of itself: an error leads to two calls of onError", async () => {
    const { open, send, failures } = adapterOf(router, { onEvent });
    await open();
    failures.splice(0);
    await send({ id: 1, method: "query" });
    expect(failures.map(({ error }) => error.cause)).toEqual([undefined, broken]);
  });
});

it("without a listener no clock is read for it", async () => {
  /** Reads of the clock that were made for events. */
  const readsOf = async ({ open, send, close }: ReturnType<typeof adapterOf>): Promise<number> => {
    const stacks: string[] = [];
    const now = vi.spyOn(performance, "now").mockImplementation(() => {
      stacks.push(new Error().stack ?? "");
      return 0;
    });
    await open();
    await send([query(1, "get"), subscription(2, "live")]);
    await close();
    now.mockRestore();
    return stacks.filter((stack) => stack.includes("src/events/")).length;
  };
  expect(await readsOf(listening())).toBe(7);
  expect(await readsOf(adapterOf(router))).toBe(0);
});
