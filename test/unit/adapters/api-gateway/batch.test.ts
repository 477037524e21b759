import { memory } from "trpc-aws-subscriptions/testing";
import { expect, it, vi } from "vitest";
import { adapterOf, mutation, query, subscription, subscriptions, t } from "./harness.ts";

const router = t.router({
  hello: t.procedure.query(() => "hello"),
  fail: t.procedure.mutation(() => {
    throw new Error("failed");
  }),
  onPing: t.procedure.subscription(subscriptions.resolver<string>()),
});

const idsOf = (frames: readonly { readonly id: unknown }[]): readonly unknown[] =>
  frames.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b));

const numbered = <T>(count: number, make: (id: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index + 1));

it("T7: 100 subscriptions of one frame are all started, once each", async () => {
  const store = memory();
  const { open, send, failures } = adapterOf(router, { store });
  await open();
  const frames = await send(numbered(100, (id) => subscription(id, "onPing")));
  expect(idsOf(frames)).toEqual(numbered(100, (id) => id));
  expect(frames.every(({ result }) => result?.type === "started")).toBe(true);
  expect(store.countRoutes()).toBe(100);
  expect(failures).toEqual([]);
});

it("R8: bad members of a frame concern nobody else", async () => {
  const { open, send } = adapterOf(router);
  await open();
  const frames = await send([
    query(1, "hello"),
    null,
    { id: 2, method: "publish" },
    query(3, "unknown"),
    mutation(4, "fail"),
    { id: 5, method: "query", params: { path: 5 } },
    subscription(6, "onPing"),
    query(7, "__proto__"),
    query(8, "constructor"),
    subscription(9, "hello"),
    query("1", "hello"),
  ]);
  const answers = frames.map(({ id, result, error }) => [id, result?.type ?? error?.data["code"]]);
  expect(answers).toHaveLength(11);
  expect(answers).toEqual(
    expect.arrayContaining([
      [1, "data"],
      [null, "PARSE_ERROR"],
      [2, "PARSE_ERROR"],
      [3, "NOT_FOUND"],
      [4, "INTERNAL_SERVER_ERROR"],
      [5, "PARSE_ERROR"],
      [6, "started"],
      [7, "NOT_FOUND"],
      [8, "NOT_FOUND"],
      [9, "NOT_FOUND"],
      ["1", "data"],
    ]),
  );
});

it("S6: beyond maxBatchSize each request is refused with its id, and nothing of it runs", async () => {
  const store = memory();
  const { open, send } = adapterOf(router, { store });
  await open();
  const frames = await send([
    ...numbered(200, (id) => query(id, "hello")),
    ...numbered(20, (id) => subscription(200 + id, "onPing")),
  ]);
  expect(idsOf(frames)).toEqual(numbered(220, (id) => id));
  for (const { id, result, error } of frames) {
    if (Number(id) <= 200) expect(result).toEqual({ type: "data", data: "hello" });
    else {
      expect(error?.data["code"]).toBe("BAD_REQUEST");
      expect(error?.message).toBe("A frame may hold 200 messages, and this one holds 220");
    }
  }
  expect(store.countRoutes()).toBe(0);
});

it("S6: maxBatchSize is an option", async () => {
  const { open, send } = adapterOf(router, { handler: { maxBatchSize: 2 } });
  await open();
  const frames = await send(numbered(3, (id) => query(id, "hello")));
  const refused = frames.filter(({ error }) => error !== undefined);
  expect(idsOf(frames)).toEqual([1, 2, 3]);
  expect(idsOf(refused)).toEqual([3]);
});

it("S6: a frame of 16,000 non-messages is not answered 16,000 times", async () => {
  const { open, send } = adapterOf(router);
  await open();
  const flood = [...Array.from({ length: 16_000 }, () => 1), query(7, "hello")];
  const frames = await send(flood);
  expect(frames.length).toBeLessThanOrEqual(202);
  // What waits for an answer gets one, however far behind.
  expect(frames).toContainEqual(expect.objectContaining({ id: 7, error: expect.anything() }));
});

it("S6: a frame of 14,000 requests costs 1,200 posts", async () => {
  const { open, send } = adapterOf(router);
  await open();
  const frames = await send(numbered(14_000, (id) => ({ id, method: "query" })));
  expect(idsOf(frames)).toEqual(numbered(1_200, (id) => id));
});

it("S12: a frame of 900 connectionParams does not write 900 times", async () => {
  const setConnectionParams = vi.fn(memory().setConnectionParams);
  const { open, send } = adapterOf(router, { store: { ...memory(), setConnectionParams } });
  await open();
  await send(Array.from({ length: 900 }, () => ({ method: "connectionParams", data: null })));
  expect(setConnectionParams.mock.calls.length).toBeLessThanOrEqual(200);
});

it("C27: createContext is asked once for a frame, and again for the next; never for PING and stop", async () => {
  const createContext = vi.fn(() => ({}));
  const { open, send, frames } = adapterOf(router, { handler: { createContext } });
  await open();
  await send([query(1, "hello"), query(2, "hello"), subscription(3, "onPing")]);
  expect(createContext).toHaveBeenCalledTimes(1);
  await send("PING");
  await send("PONG");
  await send({ id: 3, method: "subscription.stop" });
  await send("{");
  expect(createContext).toHaveBeenCalledTimes(1);
  await send(query(4, "hello"));
  expect(createContext).toHaveBeenCalledTimes(2);
  expect(frames()).toContainEqual({ id: 3, result: { type: "stopped" } });
});

it("T9: PING is answered without the store and without a context", async () => {
  const touched = vi.fn(() => Promise.reject(new Error("touched")));
  const store = { ...memory(), getConnection: touched, subscribe: touched, stop: touched };
  const { send, recording, failures } = adapterOf(router, {
    store,
    handler: { createContext: touched },
  });
  await send("PING");
  expect(recording.posts).toEqual([{ connectionId: "connection", frame: "PONG" }]);
  await send("PONG");
  expect(recording.posts).toHaveLength(1);
  expect(touched).not.toHaveBeenCalled();
  expect(failures).toEqual([]);
});

it("T1: repeats jsonrpc in every kind of answer", async () => {
  const { open, send } = adapterOf(router);
  await open();
  const jsonrpc = "2.0";
  const frames = [
    ...(await send({ ...query(1, "hello"), jsonrpc })),
    ...(await send({ ...query(2, "unknown"), jsonrpc })),
    ...(await send({ ...subscription(3, "onPing"), jsonrpc })),
    ...(await send({ id: 3, method: "subscription.stop", jsonrpc })),
  ];
  expect(frames).toHaveLength(4);
  for (const frame of frames) expect(frame).toMatchObject({ jsonrpc });
});
