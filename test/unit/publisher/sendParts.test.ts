import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { QueueError } from "../../../src/errors/fanOut.ts";
import { openCursor } from "../../../src/publisher/cursor.ts";
import { handOver, sendParts } from "../../../src/publisher/handOver.ts";
import { START } from "../../../src/publisher/job.ts";
import { audience } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";
import { queueWith } from "./workerQueue.ts";

const NOW_MS = 1_700_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW_MS });
});
afterEach(() => {
  vi.useRealTimers();
});

const refused = new QueueError("notTaken", "no");
const signal = new AbortController().signal;
const never = new Promise<never>(() => undefined);
const job = {
  ...{ id: "f", part: "1", path: "p", keys: [undefined], position: START },
  ...{ pending: [], issuedAtMs: NOW_MS },
};

function world(send: (messages: readonly string[]) => Promise<void>, claim?: () => Promise<never>) {
  const kept: unknown[] = [];
  const one = audience({
    wrap: (store) => ({
      ...store,
      fanOuts: {
        ...store.fanOuts,
        ...(claim !== undefined && { claim }),
        keep: async (...args) => void kept.push(args),
      },
    }),
  });
  const target = { path: "p", definition: { schema: undefined, hooks: {}, shards: 1 } };
  const payload = { kind: "same", event: { member: '"result":{}' } } as const;
  const run = { target, payload, job, isKept: false };
  return { ...one, kept, run, queue: queueWith(send, 0) };
}

describe("parts that are sent", () => {
  const larger = { ...job, part: "12345678901234567890" };

  /** The messages for two parts, of which the second is the larger one. */
  async function sent(maxMessageBytes: (sizes: readonly number[]) => number) {
    const messages: (readonly string[])[] = [];
    const { context, run, queue, kept, store } = world(
      async (bodies) => void messages.push(bodies),
    );
    const send = (max: number) =>
      sendParts(context, { run, queue: { ...queue, maxMessageBytes: max }, signal }, [job, larger]);
    await send(Number.POSITIVE_INFINITY);
    const sizes = messages.flat().map((message) => message.length);
    expect(new Set(sizes).size).toBe(2);
    await send(maxMessageBytes(sizes));
    const secret = await store.signingKey();
    const opened = (messages[1] ?? []).map((body) => openCursor(body, { secret, nowMs: NOW_MS }));
    return { kept, events: opened.map(({ event }) => event), parts: opened.map((one) => one.job) };
  }

  it("hold the event where it fits, to the byte", async () => {
    const { kept, events } = await sent((sizes) => Math.max(...sizes));
    expect(kept).toEqual([]);
    expect(events).toEqual(['"result":{}', '"result":{}']);
  });

  it("leave it in the store when it is too large for one of them", async () => {
    const { kept, events, parts } = await sent((sizes) => Math.max(...sizes) - 1);
    expect(kept).toEqual([["f", '"result":{}', NOW_MS / 1_000 + 135 * 60]]);
    expect(events).toEqual([undefined, undefined]);
    expect(parts.map(({ part }) => part)).toEqual(["1", larger.part]);
  });

  it("do not keep it again", async () => {
    const { context, run, queue, kept } = world(async () => undefined);
    const again = { ...run, isKept: true };
    await sendParts(context, { run: again, queue: { ...queue, maxMessageBytes: 0 }, signal }, [
      job,
    ]);
    expect(kept).toEqual([]);
  });
});

describe("a part that could not be sent", () => {
  it("and cannot be withdrawn in time either is posted here, and both are told", async () => {
    const send = () => Promise.reject(refused);
    const { context, run, queue, failures } = world(send, () => never);
    const limit = { timeoutMs: 1_000, signal };
    expect(await throughTime(handOver(context, { run, queue, limit }, job))).toBe(false);
    const error = expect.objectContaining({
      message: expect.stringContaining("no answer from the store within 500 ms"),
    });
    expect(failures).toEqual([
      { error: refused, path: "p" },
      { error, path: "p" },
    ]);
  });

  it("in time says whose answer did not come", async () => {
    const { context, run, queue, failures } = world(() => never);
    const limit = { timeoutMs: 1_000, signal };
    expect(await throughTime(handOver(context, { run, queue, limit }, job))).toBe(false);
    expect(failures[0]?.error.message).toContain("no answer from the queue within 1000 ms");
  });
});
