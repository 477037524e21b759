import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { audience, joinAll } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new Promise<never>(() => undefined);
const broken = new Error("the table is away");

describe("C9: what onError is told", () => {
  it("of an onData that hangs is whose it was, and the others get theirs", async () => {
    const one = audience({
      postTimeoutMs: 50,
      onData: ({ data, input }) => (JSON.stringify(input).includes("7") ? never : data),
    });
    await one.join({ connectionId: "slow", room: 7 });
    await one.join({ connectionId: "quick", room: 8 });
    const report = await throughTime(one.publish({ data: 1 }));
    expect(report).toMatchObject({ matched: 2, delivered: 1, failed: 1, complete: true });
    expect(one.failures).toMatchObject([{ path: "p", connectionId: "slow" }]);
    expect(one.failures[0]?.error.message).toContain('no answer from onData of "p" within 50 ms');
  });

  it("of a page that cannot be read, behind one that was, is the route", async () => {
    const one = audience({
      wrap: (store) => ({
        ...store,
        async *findRoutes(query) {
          yield* store.findRoutes(query);
          throw broken;
        },
      }),
    });
    await joinAll(one, 3);
    const report = await throughTime(one.publish({ data: 1 }));
    expect(report).toMatchObject({ matched: 3, delivered: 3, complete: false });
    expect(one.failures).toEqual([{ error: broken, path: "p" }]);
  });

  it("of a first page that cannot be read is nothing: the publish rejects with it", async () => {
    const one = audience({
      wrap: (store) => ({
        ...store,
        // biome-ignore lint/correctness/useYield: it fails before it has anything
        async *findRoutes() {
          throw broken;
        },
      }),
    });
    await expect(throughTime(one.publish({ data: 1 }))).rejects.toBe(broken);
    expect(one.failures).toEqual([]);
  });
});
