import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TransportError } from "../../../src/errors.ts";
import { PostTimeouts } from "../../../src/publisher/postTimeouts.ts";
import { pass, settled } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** A post that ends when the test says so, or never. */
function manualPost() {
  const post: { signal?: AbortSignal; end: () => void } = { end: () => undefined };
  const run = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      post.signal = signal;
      post.end = resolve;
    });
  return Object.assign(post, { run });
}

const live = () => new AbortController();

it("each post ends after its own time, with one timer for all", async () => {
  const timeouts = new PostTimeouts(100, live().signal);
  const [first, second] = [manualPost(), manualPost()];
  const ended: string[] = [];
  const note = (name: string) => (failure: TransportError | undefined) =>
    void ended.push(`${name}: ${failure?.message}`);
  void timeouts.run(first.run).then(note("first"));
  await pass(60);
  void timeouts.run(second.run).then(note("second"));
  expect(vi.getTimerCount()).toBe(1);
  await pass(41);
  expect(ended).toEqual(["first: no answer from the endpoint within 100 ms"]);
  expect([first.signal?.aborted, second.signal?.aborted]).toEqual([true, false]);
  await pass(60);
  expect(ended[1]).toBe("second: no answer from the endpoint within 100 ms");
  expect(second.signal?.aborted).toBe(true);
});

it("what ends in time is not ended, nor the posts behind it", async () => {
  const timeouts = new PostTimeouts(100, live().signal);
  const [first, second] = [manualPost(), manualPost()];
  const results = [timeouts.run(first.run), timeouts.run(second.run)];
  await pass(50);
  first.end();
  expect(await results[0]).toBeUndefined();
  await pass(40);
  second.end();
  expect(await results[1]).toBeUndefined();
  expect([first.signal?.aborted, second.signal?.aborted]).toEqual([false, false]);
});

it("the abort ends all, and lets none begin", async () => {
  const controller = live();
  const timeouts = new PostTimeouts(100, controller.signal);
  const posts = [manualPost(), manualPost()];
  const results = posts.map(({ run }) => timeouts.run(run));
  controller.abort();
  for (const failure of await Promise.all(results)) {
    expect(failure).toMatchObject({ failure: "transient" });
    expect(failure?.message).toBe("no answer from the endpoint until the deadline");
  }
  expect(posts.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
  const late = vi.fn(() => Promise.resolve());
  expect(await timeouts.run(late)).toMatchObject({ failure: "transient" });
  expect(late).not.toHaveBeenCalled();
});

it("after close the abort is not listened to any more", async () => {
  const { signal } = live();
  const removed = vi.spyOn(signal, "removeEventListener");
  const added = vi.spyOn(signal, "addEventListener");
  const timeouts = new PostTimeouts(100, signal);
  await timeouts.run(async () => undefined);
  timeouts.close();
  expect(removed.mock.calls).toEqual(added.mock.calls);
});

it("says what went wrong, whatever it was thrown as", async () => {
  const timeouts = new PostTimeouts(100, live().signal);
  const own = new TransportError("gone", "410");
  expect(await timeouts.run(() => Promise.reject(own))).toBe(own);
  const other = await timeouts.run(() => Promise.reject(new Error("no network")));
  expect(other).toMatchObject({ failure: "unknown", message: "post failed: Error: no network" });
  const thrown = await timeouts.run(() => {
    throw new Error("before any promise");
  });
  expect(thrown).toMatchObject({ failure: "unknown" });
  await settled();
});

it("Infinity is no limit, and a time beyond what timers know is as long as they can", async () => {
  for (const timeoutMs of [Number.POSITIVE_INFINITY, 2 ** 40]) {
    const timeouts = new PostTimeouts(timeoutMs, live().signal);
    const post = manualPost();
    const result = timeouts.run(post.run);
    await pass(1_000_000);
    expect(post.signal?.aborted).toBe(false);
    post.end();
    expect(await result).toBeUndefined();
  }
});
