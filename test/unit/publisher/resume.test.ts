import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CursorError } from "../../../src/errors/fanOut.ts";
import { InvalidOptionError } from "../../../src/errors.ts";
import { memory } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/types.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { audience, COUNT, DEADLINE_MS, slowAudience } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const nothing = { matched: 0, delivered: 0, gone: 0, failed: 0, complete: false };

/** Notes what of a store is called. */
function watched(store: Store, calls: string[]): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...given: readonly unknown[]): unknown => {
        calls.push(String(name));
        return Reflect.apply(value, target, given);
      };
    },
  });
}

describe("a call that may not begin", () => {
  it("C25: with deadlineMs 0 posts nothing, reads nothing, and its cursor does all", async () => {
    const calls: string[] = [];
    const one = await slowAudience({ wrap: (store) => watched(store, calls) });
    const report = await throughTime(one.publish({ data: 1, deadlineMs: 0 }));
    expect(report).toEqual({ ...nothing, cursor: expect.any(String) });
    expect(one.posts).toEqual([]);
    expect(calls).toEqual(["signingKey"]);
    const rest = await throughTime(one.resume(report.cursor));
    expect(rest).toEqual({ matched: COUNT, delivered: COUNT, gone: 0, failed: 0, complete: true });
  });

  it.each([-1, -1e9, Number.NEGATIVE_INFINITY])(
    "so it is with deadlineMs %d",
    async (deadlineMs) => {
      const one = await slowAudience();
      expect(await throughTime(one.publish({ data: 1, deadlineMs }))).toMatchObject(nothing);
      expect(one.posts).toEqual([]);
    },
  );

  it("so it is with a signal that was aborted before, and its resume", async () => {
    const one = await slowAudience();
    const signal = AbortSignal.abort();
    const first = await throughTime(one.publish({ data: 1, signal }));
    const second = await throughTime(one.resume(first.cursor, { signal }));
    expect(second).toEqual({ ...nothing, cursor: expect.any(String) });
    expect(one.posts).toEqual([]);
    const rest = await throughTime(one.resume(second.cursor));
    expect(rest).toMatchObject({ delivered: COUNT, complete: true });
  });

  it.each([
    ["deadlineMs", Number.NaN],
    ["deadlineMs", "5"],
    ["deadlineMs", null],
    ["deadlineMs", 5n],
    ["signal", {}],
    ["signal", null],
    ["signal", "abort"],
    ["signal", { aborted: false }],
    ["signal", new AbortController()],
  ])("with a wrong %s (%o) is refused before anything is read", async (option, value) => {
    const calls: string[] = [];
    const one = await slowAudience({ wrap: (store) => watched(store, calls) });
    const wrong = expect.objectContaining({ name: "InvalidOptionError", option });
    const publish = one.publish({ data: 1, [option]: value });
    await expect(publish).rejects.toThrow(InvalidOptionError);
    await expect(publish).rejects.toEqual(wrong);
    await expect(one.resume("v1.a.b", { [option]: value })).rejects.toEqual(wrong);
    expect(calls).toEqual([]);
    expect(one.posts).toEqual([]);
  });
});

describe("S3: a cursor that is none", () => {
  it.each([
    ["malformed", () => null],
    ["malformed", () => "v1.abc"],
    ["forged", (cursor: string) => `${cursor.slice(0, -1)}${cursor.endsWith("A") ? "E" : "A"}`],
    ["forged", (cursor: string) => cursor.replace(".", ".A")],
  ] as const)("(%s) is refused; only the key is read, nothing is sent", async (problem, change) => {
    const calls: string[] = [];
    const one = await slowAudience({ wrap: (store) => watched(store, calls) });
    const { cursor = "" } = await throughTime(one.publish({ data: 1, deadlineMs: 0 }));
    calls.length = 0;
    const refused = one.resume(change(cursor));
    await expect(refused).rejects.toThrow(CursorError);
    await expect(refused).rejects.toMatchObject({ problem });
    expect(calls).toEqual(["signingKey"]);
    expect(one.posts).toEqual([]);
  });

  it("another table's is forged here", async () => {
    const one = await slowAudience();
    const { cursor } = await throughTime(one.publish({ data: 1, deadlineMs: 0 }));
    await expect((await slowAudience()).resume(cursor)).rejects.toMatchObject({
      problem: "forged",
    });
  });

  it("one that is older than any connection is expired", async () => {
    const one = await slowAudience();
    const { cursor } = await throughTime(one.publish({ data: 1, deadlineMs: 0 }));
    vi.setSystemTime(Date.now() + (2 * 60 + 15) * 60_000 + 2);
    await expect(one.resume(cursor)).rejects.toMatchObject({ problem: "expired" });
    expect(one.posts).toEqual([]);
  });

  it("one for a route that was renamed is unknown", async () => {
    const store = memory({ now: () => START_MS });
    const one = await slowAudience({ store });
    const { cursor } = await throughTime(one.publish({ data: 1, deadlineMs: 0 }));
    const calls: string[] = [];
    const renamed = audience({ store, path: "q", wrap: (inner) => watched(inner, calls) });
    const refused = renamed.resume(cursor);
    await expect(refused).rejects.toMatchObject({ name: "CursorError", problem: "unknown" });
    await expect(refused).rejects.toThrow('is for "p", which the router does not have');
    expect(calls).toEqual(["signingKey"]);
  });
});

describe("without a key", () => {
  it.each([
    ["fails", () => Promise.reject(new Error("no key")), "no key", 0],
    ["hangs", () => new Promise<never>(() => undefined), "no answer from the store", 1_000],
  ] as const)(
    "that %s the report says what was done, and onError why",
    async (...[, read, why, ms]) => {
      const wrap = (store: Store): Store => ({ ...store, signingKey: read });
      const one = await slowAudience({ wrap });
      const startMs = performance.now();
      const report = await throughTime(one.publish({ data: 1, deadlineMs: DEADLINE_MS }));
      expect(report).toEqual({ ...nothing, matched: 10, delivered: 10 });
      expect(one.failures).toEqual([{ path: "p", error: expect.any(Error) }]);
      expect(one.failures[0]?.error.message).toContain(why);
      expect(performance.now() - startMs).toBeLessThanOrEqual(DEADLINE_MS + ms);
    },
  );

  it("a publish that reaches everybody does not ask for it", async () => {
    const calls: string[] = [];
    const one = await slowAudience({ wrap: (store) => watched(store, calls) });
    await throughTime(one.publish({ data: 1 }));
    expect(calls).not.toContain("signingKey");
  });
});
