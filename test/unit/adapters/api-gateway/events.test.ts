import { TRPCError } from "@trpc/server";
import { memory, messageEvent, recordingClient } from "trpc-aws-subscriptions/testing";
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

  it("tell once of a request whose time is over while its answer is on the way", async () => {
    const { client } = recordingClient();
    const released = deferred();
    const send = client.send.bind(client);
    let posts = 0;
    vi.spyOn(client, "send").mockImplementation(async (...given) => {
      // The second post says that the time is over.
      if (posts++ > 0) released.resolve();
      await released.promise;
      return send(...given);
    });
    const { send: frame, told } = await opened({ handler: { client } });
    const context = { getRemainingTimeInMillis: () => 1_600 };
    await frame(query(1, "get"), { context } as never);
    expect(posts).toBe(2);
    expect(told().filter(({ type }) => type === "called")).toMatchObject([
      { ok: false, code: "TIMEOUT" },
    ]);
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
