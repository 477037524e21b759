import { initTRPC } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { BuilderError } from "../../../src/errors.ts";
import { publisherContext } from "../../../src/publisher/publisherOptions.ts";
import { memory } from "../../../src/store/memory.ts";

const app = { router: initTRPC.create().router({}), store: memory(), filters: new Map() };
const transport = { post: async () => undefined, close: async () => undefined };
const context = (options: object) => publisherContext({ app, transport, api: undefined }, options);

/** Posts that may be begun at once. */
function places({ gate }: ReturnType<typeof context>): number {
  const controller = new AbortController();
  let count = 0;
  while (gate.enter(controller.signal) === true) count++;
  controller.abort();
  return count;
}

describe("publisherContext", () => {
  it("has a limit for everything by default", () => {
    const made = context({});
    expect(made).toMatchObject({ deadlineMs: 25_000, postTimeoutMs: 3_000, maxAttempts: 3 });
    expect(places(made)).toBe(64);
  });

  it("has a pool as wide as it is told, and as fast", () => {
    expect(places(context({ concurrency: 300 }))).toBe(300);
    expect(places(context({ concurrency: 300, postsPerSecond: 100 }))).toBe(10);
  });

  it.each(["concurrency", "postsPerSecond", "deadlineMs", "postTimeoutMs", "maxAttempts"])(
    "R4: refuses %s that is no number instead of taking it for no limit",
    (name) => {
      for (const value of [Number.NaN, "8", {}]) {
        expect(() => context({ [name]: value })).toThrow(BuilderError);
        expect(() => context({ [name]: value })).toThrow(`${name} is`);
      }
    },
  );

  it("takes what is too small for the least there is", () => {
    const made = context({ concurrency: 0, deadlineMs: -5, postTimeoutMs: -1, maxAttempts: 0 });
    expect(made).toMatchObject({ deadlineMs: 0, postTimeoutMs: 0, maxAttempts: 1 });
    expect(places(made)).toBe(1);
    for (const postsPerSecond of [0, -1]) expect(places(context({ postsPerSecond }))).toBe(1);
  });
});
