import { describe, expect, it, vi } from "vitest";
import { TransportError } from "../../../src/errors.ts";
import { eventIdAt, eventTimeMs } from "../../../src/protocol/eventId.ts";
import { type Keys, newJob } from "../../../src/publisher/job.ts";
import { keepYoung, lateAfterMs } from "../../../src/publisher/lateEvents.ts";
import { createPayload, keptPayload, payloadText } from "../../../src/publisher/payload.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { audience } from "./audience.ts";
import { keeping } from "./keeping.ts";
import { inVirtualTime } from "./virtualTime.ts";

inVirtualTime();

const { signal } = new AbortController();
/** Of an event that was kept at the start. */
const id = eventIdAt("000000000000abcdefgh", START_MS);
const text = JSON.stringify({ id, data: "hello" });

/** A run of such an event that somebody comes to later. */
function late(
  ageMs: number,
  {
    keys = [undefined],
    cursor = id,
    ...options
  }: Parameters<typeof keeping>[0] & { readonly keys?: Keys; readonly cursor?: string } = {},
) {
  const one = keeping({ plain: true, ...options });
  const { context, target } = one;
  const payload = keptPayload(context, target, { cursor, text });
  const run = { target, payload, job: newJob(context, { path: "p", keys }, id), isKept: false };
  vi.setSystemTime(START_MS + ageMs);
  const young = () => keepYoung(context, run, signal);
  const textOf = (payload: typeof run.payload) => payloadText(context, "p", payload);
  return { ...one, run, young, textOf };
}

/** A text of a frame, for a cursor. */
const member = (cursor: string) => `"result":{"type":"data","id":"${cursor}","data":${text}}`;

describe("an event is late", () => {
  it.each([
    [30_000, 10_000],
    [3_600_000, 10_000],
    [29_999, 29_999 / 3],
    [6_000, 2_000],
  ])("with an overlap of %d ms after %d", (overlapMs, lateMs) => {
    expect(lateAfterMs({ overlapMs })).toBe(lateMs);
  });
});

describe("an event that is not late", () => {
  it.each([
    [0, 25_000],
    [10_000, 15_000],
    // Clocks differ.
    [-3_000, 25_000],
  ])("after %d ms is posted as it is, for %d", async (ageMs, postMs) => {
    const { run, young, did } = late(ageMs);
    expect(await young()).toEqual({ run, postMs });
    expect(did).toEqual([]);
  });

  it.each([
    [0, 2_000],
    [2_000, 2_000],
  ])("after %d ms has a third of the shortest overlap, %d", async (ageMs, postMs) => {
    const { run, young } = late(ageMs, { history: { overlapSeconds: 6 } });
    expect(await young()).toEqual({ run, postMs });
  });
});

describe("an event that is late", () => {
  it("is kept under a new time, which it is posted with", async () => {
    const { run, young, kept, history, textOf } = late(35_500, { keys: ["a#", undefined] });
    const made = await young();
    const movedAtMs = Math.floor((START_MS + 35_500) / 10_000) * 10_000;
    const cursor = eventIdAt(id, movedAtMs);
    expect(cursor.slice(9)).toBe(id.slice(9));
    const expireAt = Math.ceil((movedAtMs + history.keptMs) / 1000);
    expect(kept).toEqual([{ path: "p", filters: ["a#", undefined], cursor, text, expireAt }]);
    expect(textOf(made.run.payload)).toBe(member(cursor));
    expect({ ...made.run, payload: run.payload }).toEqual(run);
    expect(made.postMs).toBe(25_000 - (START_MS + 35_500 - movedAtMs));
  });

  it("is so a millisecond after the time", async () => {
    const { young, did } = late(10_001);
    await young();
    expect(did).toEqual(["keep"]);
  });

  it("has one new time for all who come within a third of the shortest overlap", async () => {
    const options = { history: { overlapSeconds: 6 } };
    const start = 2_000 - (START_MS % 2_000);
    const at = async (ageMs: number) => {
      const { young, kept } = late(start + ageMs, options);
      const { postMs } = await young();
      return [eventTimeMs(kept[0]?.cursor ?? ""), postMs];
    };
    const first = START_MS + start + 4_000;
    expect(await at(4_000)).toEqual([first, 2_000]);
    expect(await at(5_999)).toEqual([first, 2_000]);
    expect(await at(6_000)).toEqual([first + 2_000, 2_000]);
  });

  it("that was moved before is the same event still", async () => {
    const { young, textOf, kept } = late(60_000, { cursor: eventIdAt(id, START_MS + 20_000) });
    const { run } = await young();
    const cursor = eventIdAt(id, Math.floor((START_MS + 60_000) / 10_000) * 10_000);
    expect(textOf(run.payload)).toBe(member(cursor));
    expect(kept).toMatchObject([{ cursor, text }]);
  });

  it("is given to `onData` with both of its names", async () => {
    const { young, kept } = late(60_000, { onData: () => "own" });
    const { run } = await young();
    const [{ cursor } = { cursor: "" }] = kept;
    expect(cursor).not.toBe(id);
    expect(run.payload).toEqual({ kind: "own", data: "hello", kept: { eventId: id, cursor } });
  });

  it("is not posted when it cannot be kept, which is tried twice", async () => {
    const trouble = () => Promise.reject(new TransportError("transient", "cut"));
    const { young, did } = late(60_000, { trouble });
    await expect(young()).rejects.toThrow("cut");
    expect(did).toEqual(["keep", "keep"]);
  });
});

describe("a run that nobody finds in the history", () => {
  const forever = { postMs: Number.POSITIVE_INFINITY };

  it("is for nobody", async () => {
    const { run, young, did } = late(60_000, { keys: [] });
    expect(await young()).toEqual({ run, ...forever });
    expect(did).toEqual([]);
  });

  it.each([{}, { onData: () => "own" }])("is from before it had one", async (options) => {
    const { run, context, target, did } = late(60_000, options);
    const before = { ...run, payload: createPayload(context, target, "hello") };
    expect(await keepYoung(context, before, signal)).toEqual({ run: before, ...forever });
    expect(did).toEqual([]);
  });

  it("is of a route without one", async () => {
    const { run, target } = late(60_000);
    const { context } = audience();
    const { history: _, ...definition } = target.definition;
    const plain = { ...run, target: { ...target, definition } };
    expect(await keepYoung(context, plain, signal)).toEqual({ run: plain, ...forever });
  });

  it("has an id of its own making", async () => {
    const { run, context, did } = late(60_000);
    const own = member("my-own-id");
    const tracked = { ...run, payload: { kind: "same", event: { member: own } } as const };
    expect(await keepYoung(context, tracked, signal)).toEqual({ run: tracked, ...forever });
    expect(did).toEqual([]);
  });
});
