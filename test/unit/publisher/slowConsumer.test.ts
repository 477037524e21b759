import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TransportError } from "../../../src/errors.ts";
import { audience, joinAll } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Publishes of which one connection, `c0`, is refused for ever. */
async function publishes(times: number, count: number) {
  const post = async ({ connectionId }: { readonly connectionId: string }) => {
    if (connectionId === "c0") throw new TransportError("throttled", "429");
  };
  const one = audience({ post });
  await joinAll(one, count);
  const tries: number[] = [];
  for (let time = 0; time < times; time++) {
    one.posts.length = 0;
    const report = await throughTime(one.publish({ data: 1 }));
    expect(report).toMatchObject({ delivered: count - 1, failed: 1, complete: true });
    tries.push(one.posts.filter(({ connectionId }) => connectionId === "c0").length);
  }
  return tries;
}

it.each([1_000, 100, 10, 2, 1])(
  "race R15: one slow client of %i gets three tries in each of thirty publishes",
  async (count) => {
    expect(await publishes(30, count)).toEqual(Array<number>(30).fill(3));
  },
);
