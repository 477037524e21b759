import { observable } from "@trpc/server/observable";
import { memory } from "trpc-aws-subscriptions/testing";
import { describe, expect, it, vi } from "vitest";
import { adapterOf, mutation, query, subscription, subscriptions, t } from "./harness.ts";

/** API Gateway's limit of a message, in bytes. */
const MAX_BYTES = 131_072;
/** Bytes of `{"id":1,"result":{"type":"data","data":""}}`. */
const AROUND_BYTES = 43;

async function* ticks(): AsyncGenerator<number> {
  yield 1;
  yield 2;
}

const onStart = vi.fn(async (): Promise<void> => undefined);
const plain = subscriptions.resolver<string>();
const hooked = subscriptions.resolver<string>({ onStart });

const router = t.router({
  echo: t.procedure.query(({ ctx }) => ctx.value),
  nothing: t.procedure.mutation(() => undefined),
  stream: t.procedure.query(() => ticks()),
  observed: t.procedure.mutation(() => observable<number>(() => () => undefined)),
  resolverInQuery: t.procedure.query((options) => plain(options)),
  ticks: t.procedure.subscription(ticks),
  plain: t.procedure.subscription(plain),
  wrapped: t.procedure.subscription((options) => plain(options)),
  wrappedHooked: t.procedure.subscription((options) => hooked(options)),
  late: t.procedure.subscription(async function* (options) {
    yield* plain(options) as AsyncIterable<number>;
  }),
  value: t.procedure.subscription((() => 5) as never),
});

const echo = async (value: unknown) => {
  const adapter = adapterOf(router, { handler: { createContext: () => ({ value }) } });
  await adapter.open();
  return { ...adapter, frames: await adapter.send(query(1, "echo")) };
};

describe("race R18: an answer of", () => {
  const fits = MAX_BYTES - AROUND_BYTES;

  it.each([
    ["128 KB less one byte", "x".repeat(fits - 1), true],
    ["128 KB", "x".repeat(fits), true],
    ["128 KB and one byte", "x".repeat(fits + 1), false],
    ["128 KB in bytes, fewer in characters", "é".repeat(fits / 2 + 1), false],
    ["10 MB", "x".repeat(10_000_000), false],
  ])("%s", async (_what, value, isDelivered) => {
    const { frames, recording, failures } = await echo(value);
    if (isDelivered) {
      expect(frames).toEqual([{ id: 1, result: { type: "data", data: value } }]);
      expect(Buffer.byteLength(recording.posts[0]?.frame ?? "")).toBeLessThanOrEqual(MAX_BYTES);
    } else {
      expect(frames).toMatchObject([
        { id: 1, error: { data: { code: "PAYLOAD_TOO_LARGE", httpStatus: 413, path: "echo" } } },
      ]);
      expect(failures).toMatchObject([{ error: { code: "PAYLOAD_TOO_LARGE" }, path: "echo" }]);
    }
  });
});

describe("C18: queries and mutations", () => {
  it.each([null, 0, "", false, [], { a: { b: [1] } }, "#%é\u0000"])("answer %j", async (value) => {
    expect((await echo(value)).frames).toEqual([{ id: 1, result: { type: "data", data: value } }]);
  });

  it("that return nothing are answered too", async () => {
    const { open, send } = adapterOf(router);
    await open();
    expect(await send(mutation("m", "nothing"))).toEqual([{ id: "m", result: { type: "data" } }]);
  });

  it("that return what cannot be written are answered with an error", async () => {
    const { frames } = await echo(1n);
    expect(frames).toMatchObject([{ id: 1, error: { data: { code: "INTERNAL_SERVER_ERROR" } } }]);
  });

  it.each([
    ["stream", "query"],
    ["observed", "mutation"],
    ["resolverInQuery", "query"],
  ])("%s: a %s that returns events is refused as by tRPC", async (path, method) => {
    const { open, send } = adapterOf(router);
    await open();
    const frames = await send({ id: 1, method, params: { path } });
    expect(frames).toMatchObject([
      {
        id: 1,
        error: {
          message: `Cannot return an async iterable or observable from a ${method} procedure with WebSockets`,
          data: { code: "UNSUPPORTED_MEDIA_TYPE" },
        },
      },
    ]);
  });
});

describe("C10: subscriptions that are not resolver() itself", () => {
  const subscribed = async (path: string) => {
    const store = memory();
    const adapter = adapterOf(router, { store });
    await adapter.open();
    return { frames: await adapter.send(subscription(1, path)), store };
  };

  it("a generator runs in its invocation", async () => {
    const { frames, store } = await subscribed("ticks");
    expect(frames.map(({ result }) => result)).toEqual([
      { type: "started" },
      { type: "data", data: 1 },
      { type: "data", data: 2 },
      { type: "stopped" },
    ]);
    expect(store.countRoutes()).toBe(0);
  });

  it("a wrapped resolver without options is one all the same", async () => {
    const { frames, store } = await subscribed("wrapped");
    expect(frames).toEqual([{ id: 1, result: { type: "started" } }]);
    expect(store.countRoutes()).toBe(1);
  });

  it("a wrapped resolver with hooks is refused: publish would not find them", async () => {
    const { frames, store } = await subscribed("wrappedHooked");
    expect(frames).toMatchObject([
      {
        id: 1,
        error: {
          message: expect.stringMatching(
            /^Subscription wrappedHooked: give the result of subscriptions\.resolver\(\) to \.subscription\(\) itself/,
          ),
          data: { code: "INTERNAL_SERVER_ERROR", path: "wrappedHooked" },
        },
      },
    ]);
    expect(store.countRoutes()).toBe(0);
    expect(onStart).not.toHaveBeenCalled();
  });

  it("a resolver inside a generator is refused instead of staying silent", async () => {
    const { frames, store } = await subscribed("late");
    const error = frames.find((frame) => frame.error !== undefined)?.error;
    expect(error?.message).toContain("to .subscription() itself");
    expect(store.countRoutes()).toBe(0);
  });

  it("what is no stream is an error with its id", async () => {
    const { frames } = await subscribed("value");
    expect(frames).toMatchObject([{ id: 1, error: { data: { code: "INTERNAL_SERVER_ERROR" } } }]);
  });
});
