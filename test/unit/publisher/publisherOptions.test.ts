import { initTRPC } from "@trpc/server";
import { describe, expect, it, vi } from "vitest";
import { BuilderError } from "../../../src/errors.ts";
import { publisherContext, withDeadline } from "../../../src/publisher/publisherOptions.ts";
import { memory } from "../../../src/store/memory.ts";

const app = { router: initTRPC.create().router({}), store: memory(), filters: new Map() };
const transport = { post: async () => undefined, close: async () => undefined };
const context = (options: object) => publisherContext({ app, transport, api: undefined }, options);

describe("publisherContext", () => {
  it("has a limit for everything by default", () => {
    expect(context({})).toMatchObject({
      ...{ concurrency: 64, deadlineMs: 25_000, postTimeoutMs: 3_000, maxAttempts: 3 },
    });
  });

  it.each(["concurrency", "deadlineMs", "postTimeoutMs", "maxAttempts"])(
    "R4: refuses %s that is no number instead of taking it for no limit",
    (name) => {
      for (const value of [Number.NaN, "8", {}]) {
        expect(() => context({ [name]: value })).toThrow(BuilderError);
        expect(() => context({ [name]: value })).toThrow(`${name} is`);
      }
    },
  );

  it("takes what is too small for the least there is", () => {
    const small = { concurrency: 0, deadlineMs: -5, postTimeoutMs: -1, maxAttempts: 0 };
    expect(context(small)).toMatchObject({
      ...{ concurrency: 1, deadlineMs: 0, postTimeoutMs: 0, maxAttempts: 1 },
    });
  });
});

describe("withDeadline", () => {
  it("aborts at the deadline, and leaves no timer", async () => {
    vi.useFakeTimers();
    try {
      const aborted = withDeadline(
        50,
        (signal) =>
          new Promise((resolve) => {
            signal.addEventListener("abort", () => resolve("aborted"));
          }),
      );
      await vi.advanceTimersByTimeAsync(50);
      expect(await aborted).toBe("aborted");
      await withDeadline(50, async () => undefined);
      await expect(withDeadline(50, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("lets any number of posts listen without a warning in the log", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    await withDeadline(Number.POSITIVE_INFINITY, async (signal) => {
      for (let post = 0; post < 64; post++) signal.addEventListener("abort", () => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    });
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });
});
