import { tracked } from "@trpc/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { COUNT, cursorOf, DEADLINE_MS, slowAudience } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const nothing = { matched: 0, delivered: 0, gone: 0, failed: 0, complete: false };

const rich = () => ({ at: new Date(5), big: 7n, set: new Set([1]), none: undefined, re: /a/g });

describe("onData over several parts", () => {
  it.each([
    ["what superjson keeps", rich],
    ["undefined", () => undefined],
    ["null", () => null],
    ["a tracked event", () => tracked("e1", rich())],
    ["a tracked event of one word", () => tracked("e1", "word")],
    ["a tracked event of nothing", () => tracked("e1", undefined)],
  ])("is called once for each subscriber, with %s as it was published", async (_, make) => {
    const given: unknown[] = [];
    const onData = ({ data }: { readonly data: unknown }): unknown => {
      given.push(data);
      return given.length;
    };
    const one = await slowAudience({ onData });
    let report = await throughTime(one.publish({ data: make(), deadlineMs: DEADLINE_MS }));
    let parts = 1;
    for (; !report.complete; parts++) {
      report = await throughTime(one.resume(cursorOf(report), { deadlineMs: DEADLINE_MS }));
    }
    expect(parts).toBe(3);
    expect(given).toEqual(Array.from({ length: COUNT }, () => make()));
    const frames = one.posts.map(({ frame }) => JSON.parse(frame).result.data.json);
    expect(frames).toEqual(Array.from({ length: COUNT }, (_each, index) => index + 1));
    expect(new Set(one.posts.map(({ connectionId }) => connectionId)).size).toBe(COUNT);
  });

  it("has no cursor for data that only the hook could have made text, and says why", async () => {
    const onData = () => "text";
    const one = await slowAudience({ onData, plain: true });
    const report = await throughTime(one.publish({ data: 7n, deadlineMs: DEADLINE_MS }));
    expect(report).toEqual({ ...nothing, matched: 10, delivered: 10 });
    expect(one.failures).toMatchObject([{ path: "p", error: { name: "InvalidDataError" } }]);
  });

  it("those that stopped in between are not counted", async () => {
    const one = await slowAudience({ onData: ({ data }) => data });
    const report = await throughTime(one.publish({ data: 1, deadlineMs: DEADLINE_MS }));
    await one.store.disconnect("c9");
    const rest = await throughTime(one.resume(report.cursor));
    expect(report.matched + rest.matched).toBe(COUNT - 1);
  });
});
