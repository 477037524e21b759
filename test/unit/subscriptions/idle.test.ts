import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { idleUntilAborted } from "../../../src/subscriptions/idle.ts";

const DONE = { done: true, value: undefined };

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

/** `false` while a promise has not settled after the microtasks already queued. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

describe("idleUntilAborted", () => {
  it("waits for the abort, then ends and leaves no listener", async () => {
    const abort = new AbortController();
    const iterator = idleUntilAborted(abort.signal)[Symbol.asyncIterator]();
    const next = [iterator.next(), iterator.next()];
    expect(await isSettled(Promise.race(next))).toBe(false);
    expect(listeners(abort.signal)).toBe(1);
    abort.abort();
    expect(await Promise.all(next)).toEqual([DONE, DONE]);
    expect(listeners(abort.signal)).toBe(0);
    expect(await iterator.next()).toEqual(DONE);
  });

  it("ends at once when aborted before", async () => {
    const signal = AbortSignal.abort();
    const iterator = idleUntilAborted(signal)[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual(DONE);
    expect(listeners(signal)).toBe(0);
  });

  it("ends a pending next() when its consumer returns, and leaves no listener", async () => {
    const abort = new AbortController();
    const iterator = idleUntilAborted(abort.signal)[Symbol.asyncIterator]();
    const next = iterator.next();
    expect(await iterator.return?.()).toEqual(DONE);
    expect(await next).toEqual(DONE);
    expect(listeners(abort.signal)).toBe(0);
    expect(await iterator.next()).toEqual(DONE);
    expect(listeners(abort.signal)).toBe(0);
  });

  it("adds no listener before it is iterated", () => {
    const abort = new AbortController();
    idleUntilAborted(abort.signal)[Symbol.asyncIterator]();
    expect(listeners(abort.signal)).toBe(0);
  });

  it("ends by return() without a signal", async () => {
    const iterator = idleUntilAborted(undefined)[Symbol.asyncIterator]();
    const next = iterator.next();
    expect(await isSettled(next)).toBe(false);
    await iterator.return?.();
    expect(await next).toEqual(DONE);
  });

  it("gives every consumer an iterator of its own", async () => {
    const abort = new AbortController();
    const iterable = idleUntilAborted(abort.signal);
    const [first, second] = [iterable[Symbol.asyncIterator](), iterable[Symbol.asyncIterator]()];
    const next = second.next();
    await first.return?.();
    expect(await isSettled(next)).toBe(false);
    abort.abort();
    expect(await next).toEqual(DONE);
  });
});
