import { memory, type Post } from "trpc-aws-subscriptions/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { adapterOf, query, subscription, subscriptions, t } from "./harness.ts";

const onStop = vi.fn(async (): Promise<void> => undefined);
const router = t.router({
  hello: t.procedure.query(() => "hello"),
  onPing: t.procedure.subscription(subscriptions.resolver<string>({ onStop })),
});

/** The pauses between two tries are random; none is the shortest. */
beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
  onStop.mockClear();
});

const serve = (onPost: (post: Post) => number | undefined) => {
  const store = memory();
  return { ...adapterOf(router, { store, onPost }), memoryStore: store };
};

/** Statuses for the tries, in order; the last one for all further ones. */
const statuses = (...answers: readonly number[]): { onPost: () => number; tries: () => number } => {
  let tries = 0;
  return {
    onPost: () => answers[Math.min(tries++, answers.length - 1)] ?? 200,
    tries: () => tries,
  };
};

describe("C26: an answer", () => {
  it.each([429, 500, 503])("is tried again after %i", async (status) => {
    const { onPost, tries } = statuses(status, status, 200);
    const { open, send, failures } = serve(onPost);
    await open();
    expect(await send(subscription(1, "onPing"))).toEqual([{ id: 1, result: { type: "started" } }]);
    expect(tries()).toBe(3);
    expect(failures).toEqual([]);
  });

  it.each([
    [500, 5],
    [403, 1],
    [413, 1],
  ])("that meets nothing but %i is tried %i times, and onError is told", async (status, count) => {
    const { onPost, tries } = statuses(status);
    const { open, send, failures, memoryStore } = serve(onPost);
    await open();
    await send(subscription(1, "onPing"));
    expect(tries()).toBe(count);
    expect(failures).toMatchObject([{ error: { cause: { name: "TransportError" } } }]);
    // A fault of ours is no reason to take the subscription away.
    expect(memoryStore.countRoutes()).toBe(1);
  });

  it.each(["started", "error", "data"])(
    "of type %s that meets 410 cleans the connection up, with onStop",
    async (type) => {
      const { open, send, memoryStore, store, failures } = serve(({ frame }) =>
        frame.includes(`"id":2`) ? 410 : 200,
      );
      await open();
      await send(subscription(1, "onPing"));
      const path = { started: "onPing", error: "unknown", data: "hello" }[type] ?? "";
      const method = type === "started" ? "subscription" : "query";
      await send({ id: 2, method, params: { path } });
      expect(memoryStore.countRoutes()).toBe(0);
      expect(await store.getConnection("connection")).toBeUndefined();
      expect(onStop).toHaveBeenCalledTimes(type === "started" ? 2 : 1);
      expect(failures.map(({ error }) => error.code)).toEqual(
        type === "error" ? ["NOT_FOUND"] : [],
      );
    },
  );

  it("race R18: PONG is tried again too, and a 410 to it writes nothing", async () => {
    const { onPost, tries } = statuses(500, 410);
    const { open, send, store, failures } = serve(onPost);
    await open();
    await send("PING");
    expect(tries()).toBe(2);
    expect(await store.getConnection("connection")).toBeDefined();
    expect(failures).toEqual([]);
  });
});

describe("T3: subscription.stop", () => {
  it("is answered once, removes the rows and runs onStop", async () => {
    const { open, send, memoryStore } = serve(() => 200);
    await open();
    await send(subscription(1, "onPing"));
    const stop = { id: 1, method: "subscription.stop" };
    expect(await send(stop)).toEqual([{ id: 1, result: { type: "stopped" } }]);
    expect(memoryStore.countRoutes()).toBe(0);
    expect(onStop).toHaveBeenCalledTimes(1);
    expect(await send(stop)).toEqual([]);
    expect(onStop).toHaveBeenCalledTimes(1);
  });

  it("C16: for an id that was never there has no answer, and is no error", async () => {
    const { open, send, failures } = serve(() => 200);
    await open();
    expect(await send({ id: 9, method: "subscription.stop" })).toEqual([]);
    expect(failures).toEqual([]);
  });
});

it("T15: a second subscription with a live id is BAD_REQUEST, the first lives on", async () => {
  const { open, send, memoryStore } = serve(() => 200);
  await open();
  await send(subscription(1, "onPing"));
  expect(await send(subscription(1, "onPing"))).toMatchObject([
    { id: 1, error: { message: "Duplicate id 1", data: { code: "BAD_REQUEST" } } },
  ]);
  expect(memoryStore.countRoutes()).toBe(1);
  expect(await send(query(2, "hello"))).toHaveLength(1);
});
