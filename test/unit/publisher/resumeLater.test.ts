import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CursorError } from "../../../src/errors/fanOut.ts";
import { InvalidOptionError, TransportError } from "../../../src/errors.ts";
import { createPublisher } from "../../../src/publisher/createPublisher.ts";
import type { Store } from "../../../src/store/types.ts";
import { API, START_MS } from "../../../src/testing/store/world.ts";
import { audience, cursorOf, joinAll, slowAudience } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const never = new Promise<never>(() => undefined);
const refuse = (): Promise<void> => Promise.reject(new TransportError("throttled", "429"));

describe("a store that hangs", () => {
  const hanging = (name: keyof Store) => (store: Store) => ({ ...store, [name]: () => never });

  it("while closed connections are cleaned up does not hold up a publish beyond its deadline", async () => {
    const post = () => Promise.reject(new TransportError("gone", "410"));
    const one = audience({ post, wrap: hanging("disconnectAll"), deadlineMs: 100 });
    await joinAll(one, 3);
    const report = await throughTime(one.publish({ data: 1 }));
    expect(report).toMatchObject({ gone: 3, complete: true });
    expect(one.failures.map(({ error }) => error.message)).toEqual([
      "no answer from the store until the deadline",
    ]);
  });

  it.each(["signingKey", "getSubscriptions"] as const)(
    "in %s makes a resume reject at its deadline",
    async (name) => {
      const first = audience({ post: refuse, deadlineMs: 100, maxAttempts: 1_000 });
      await joinAll(first, 2);
      const cursor = cursorOf(await throughTime(first.publish({ data: 1 })));
      const second = audience({ store: first.store, wrap: hanging(name) });
      const resumed = second.resume(cursor, { deadlineMs: 100 });
      await expect(throughTime(resumed)).rejects.toThrow("until the deadline");
      expect(second.posts).toEqual([]);
    },
  );
});

describe("those who were refused before", () => {
  const oneRefused = async () => {
    const one = audience({ post: refuse, deadlineMs: 100, maxAttempts: 1_000 });
    await joinAll(one, 1);
    const cursor = cursorOf(await throughTime(one.publish({ data: 1 })));
    return { one, second: audience({ store: one.store }), cursor };
  };
  const request = { connectionId: "c0", id: 1, requestTimeMs: START_MS + 1 };

  it("are not posted to when they have stopped since", async () => {
    const { one, second, cursor } = await oneRefused();
    await one.store.stop(request);
    expect(await throughTime(second.resume(cursor))).toMatchObject({ matched: 0, complete: true });
    expect(second.posts).toEqual([]);
  });

  it("are not posted to when their id means another subscription by now", async () => {
    const { one, second, cursor } = await oneRefused();
    await one.store.stop(request);
    const connection = await one.store.getConnection("c0");
    if (connection === undefined) throw new Error("not connected");
    const again = { id: 1, jsonrpc: false, messageId: "m2", requestTimeMs: START_MS + 2 };
    const other = { ...again, path: "other", routes: [{ path: "other" }], shards: 1 };
    expect(await one.store.subscribe(connection, [other])).toEqual([{ status: "active" }]);
    expect(await throughTime(second.resume(cursor))).toMatchObject({ matched: 0, complete: true });
    expect(second.posts).toEqual([]);
  });
});

it("onData of a row that was read is not given what its id means by now", async () => {
  const inputs: unknown[] = [];
  const onData = ({ data, input }: { readonly data: unknown; readonly input: unknown }) => {
    inputs.push(input);
    return data;
  };
  const one = audience({
    onData,
    wrap: (store) => ({
      ...store,
      // The subscription is replaced between the two reads.
      getSubscriptions: async (asked) =>
        (await store.getSubscriptions(asked)).map((row) => ({
          ...row,
          requestTimeMs: row.requestTimeMs + 1,
        })),
    }),
  });
  await joinAll(one, 1, { room: 7 });
  expect(await one.publish({ data: 1 })).toMatchObject({ matched: 0, complete: true });
  expect(inputs).toEqual([]);
});

it("a cursor for connections of another API or stage is refused, and nobody is removed", async () => {
  const one = audience({ post: refuse, deadlineMs: 100, maxAttempts: 1_000 });
  await joinAll(one, 2);
  const cursor = cursorOf(await throughTime(one.publish({ data: 1 })));
  const second = audience({ store: one.store });
  const context = { ...second.context, api: { ...API, stage: "another" } };
  const resumed = createPublisher(context).resume(cursor);
  await expect(resumed).rejects.toThrow("of another API or stage");
  await expect(resumed).rejects.toMatchObject({ problem: "unknown" });
  expect(second.posts).toEqual([]);
  expect(one.store.countRoutes()).toBeGreaterThan(0);
});

it("a cursor of more shards than the route has now is refused as one", async () => {
  const before = await slowAudience({ shards: 3 });
  const cursor = cursorOf(await throughTime(before.publish({ data: 1, deadlineMs: 200 })));
  const after = audience({ store: before.store, shards: 1 });
  const resumed = throughTime(after.resume(cursor));
  await expect(resumed).rejects.toThrow(CursorError);
  await expect(resumed).rejects.toMatchObject({ problem: "unknown" });
});

it.each([
  [null, "options must be an object"],
  [{ deadline: 5 }, "deadline is not an option"],
  [{ signal: { aborted: false, addEventListener() {} } }, "signal must be an AbortSignal"],
])("resume refuses the options %j", async (options, message) => {
  const one = await slowAudience();
  const { cursor } = await throughTime(one.publish({ data: 1, deadlineMs: 0 }));
  const resumed = one.resume(cursor, options as never);
  await expect(resumed).rejects.toThrow(InvalidOptionError);
  await expect(resumed).rejects.toThrow(message);
  expect(one.posts).toEqual([]);
});

it("any number of calls may share a signal without a warning in the log", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on("warning", note);
  const one = audience();
  await joinAll(one, 1);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 20 }, () => one.publish({ data: 1, signal })));
  await new Promise((resolve) => process.nextTick(resolve));
  process.off("warning", note);
  expect(warnings).toEqual([]);
});
