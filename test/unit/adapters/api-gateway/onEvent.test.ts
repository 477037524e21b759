import { describe, expect, it, vi } from "vitest";
import { adapterOf, query, subscription, subscriptions, t } from "./harness.ts";

const router = t.router({
  get: t.procedure.query(() => "value"),
  live: t.procedure.subscription(subscriptions.resolver<string>()),
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
  expect(await readsOf(adapterOf(router, { onEvent: () => undefined }))).toBe(7);
  expect(await readsOf(adapterOf(router))).toBe(0);
});
