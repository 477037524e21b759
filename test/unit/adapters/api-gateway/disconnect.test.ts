import type { MemoryStore } from "trpc-aws-subscriptions/testing";
import { disconnectEvent, memory } from "trpc-aws-subscriptions/testing";
import { expect, it, vi } from "vitest";
import { adapterOf, subscription, subscriptions, t } from "./harness.ts";

const onStop = vi.fn(async (_: { readonly path: string }): Promise<void> => undefined);
const router = t.router({
  onPing: t.procedure.subscription(subscriptions.resolver<string>()),
  hooked: t.procedure.subscription(subscriptions.resolver<string>({ onStop })),
});

const subscribed = async (store: MemoryStore = memory()) => {
  const adapter = adapterOf(router, { store });
  await adapter.open();
  await adapter.send([subscription(1, "onPing"), subscription(2, "hooked")]);
  expect(store.countRoutes()).toBe(2);
  onStop.mockClear();
  return { ...adapter, memoryStore: store };
};

it("C15: removes every route of the connection, runs onStop and posts nothing", async () => {
  const { close, memoryStore, store, frames, failures } = await subscribed();
  const before = frames().length;
  expect(await close()).toBe(200);
  expect(memoryStore.countRoutes()).toBe(0);
  expect(await store.getConnection("connection")).toBeUndefined();
  expect(onStop).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ path: "hooked" }));
  expect(frames()).toHaveLength(before);
  expect(failures).toEqual([]);
});

it("L6: an unknown connection, and a second $disconnect, are a success", async () => {
  const { close } = await subscribed();
  expect(await close("unknown")).toBe(200);
  expect(await close()).toBe(200);
  expect(await close()).toBe(200);
});

it("C16: a $connect that comes after its $disconnect opens nothing", async () => {
  const { open, close, store } = adapterOf(router);
  await close();
  expect(await open()).toBe(200);
  expect(await store.getConnection("connection")).toBeUndefined();
});

it("L11: waits for onStop", async () => {
  const { close } = await subscribed();
  let finished = false;
  onStop.mockImplementationOnce(async () => {
    await new Promise(setImmediate);
    finished = true;
  });
  await close();
  expect(finished).toBe(true);
});

it("an onStop that hangs is not waited for until Lambda ends the invocation, and onError is told where", async () => {
  const { disconnect, memoryStore, failures } = await subscribed();
  onStop.mockReturnValueOnce(new Promise(() => undefined));
  const context = { getRemainingTimeInMillis: () => 210 };
  expect(await disconnect(disconnectEvent(), context)).toEqual({ statusCode: 200 });
  expect(memoryStore.countRoutes()).toBe(0);
  expect(failures).toMatchObject([
    {
      error: { message: 'no answer from onStop of "hooked" until the deadline' },
      type: "subscription",
      path: "hooked",
    },
  ]);
});

it("R12: an onStop that throws stops no clean-up, and onError is told where", async () => {
  const { close, memoryStore, failures } = await subscribed();
  onStop.mockRejectedValueOnce(new Error("broken hook"));
  expect(await close()).toBe(200);
  expect(memoryStore.countRoutes()).toBe(0);
  expect(failures).toMatchObject([
    { error: { message: "broken hook" }, type: "subscription", path: "hooked" },
  ]);
});

it("C23: a table that does not answer is reported, not thrown", async () => {
  const down = new Error("down");
  const store = { ...memory(), disconnect: () => Promise.reject(down) };
  const { disconnect, failures } = adapterOf(router, { store });
  const event = disconnectEvent();
  expect(await disconnect(event)).toEqual({ statusCode: 500 });
  expect(failures).toMatchObject([{ error: { cause: down }, req: event }]);
});

it("C23: an onError that throws changes nothing", async () => {
  const { chain } = adapterOf(router);
  const broken = chain.disconnect({
    onError: () => {
      throw new Error("broken reporter");
    },
  });
  expect(await broken(disconnectEvent({ connectionId: "../x" }))).toEqual({ statusCode: 500 });
});
