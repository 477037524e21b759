import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TransportError } from "../../../src/errors.ts";
import { audience, joinAll } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const nothing = { matched: 0, delivered: 0, gone: 0, failed: 0, complete: false };

describe("what is left after refusals", () => {
  it("is tried again by the next part, as often as a fresh one", async () => {
    const post = () => Promise.reject(new TransportError("throttled", "429"));
    const one = audience({ post });
    await joinAll(one, 5);
    vi.spyOn(Math, "random").mockReturnValue(0.99);
    const report = await throughTime(one.publish({ data: 1, deadlineMs: 20 }));
    vi.restoreAllMocks();
    expect(report).toMatchObject({ ...nothing, cursor: expect.any(String) });
    expect(one.posts.length).toBe(5);
    const fine = audience({ store: one.store });
    expect(await throughTime(fine.resume(report.cursor))).toMatchObject({
      ...{ matched: 5, delivered: 5, complete: true },
    });
    expect(fine.posts.length).toBe(5);
  });
});

describe("posts of one call", () => {
  it("are each one of many where there are more than a hundred, but for the first one", async () => {
    const one = audience({});
    await joinAll(one, 101);
    for (const _ of [1, 2]) {
      one.posts.length = 0;
      await throughTime(one.publish({ data: 1 }));
      expect(one.posts.map(({ bulk }) => bulk)).toEqual([false, ...Array(100).fill(true)]);
    }
  });

  it("are none of many up to a hundred, however often they are tried", async () => {
    let post = 0;
    const refuseSome = async () => {
      if (post++ % 2 === 0) throw new TransportError("transient", "503");
    };
    const one = audience({ post: refuseSome, concurrency: 1 });
    await joinAll(one, 100);
    await throughTime(one.publish({ data: 1 }));
    expect(one.posts.length).toBeGreaterThan(110);
    expect(one.posts.some(({ bulk }) => bulk)).toBe(false);
  });
});
