import { describe, expect, it, vi } from "vitest";
import { InvalidFilterError, InvalidOptionError, TransportError } from "../../../src/errors.ts";
import { eventTimeMs } from "../../../src/protocol/eventId.ts";
import type { Keys } from "../../../src/publisher/job.ts";
import {
  checkKept,
  checkRoom,
  eventToKeep,
  keepEvent,
  keepInTime,
} from "../../../src/publisher/keepEvent.ts";
import type { KeepOutcome } from "../../../src/store/types.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { keeping } from "./keeping.ts";
import { inVirtualTime, pass, throughTime } from "./virtualTime.ts";

inVirtualTime();

const { signal } = new AbortController();
const event = { keys: [undefined], data: "hello", key: undefined };
const keys = (count: number) => Array.from({ length: count }, (_, index) => `${index}#`);

describe("room in one transaction", () => {
  it("is for 99 filters beside the key", () => {
    expect(() => checkRoom("p", keys(99), "")).not.toThrow();
    expect(() => checkRoom("p", keys(100), "")).toThrow(InvalidFilterError);
    const where = expect.objectContaining({ path: "p", place: "filter" });
    expect(() => checkRoom("p", keys(100), "")).toThrow(where);
    expect(() => checkRoom("p", keys(100), "")).toThrow(
      "has 100 filters. An event is kept under each of them, in one transaction of at most 99",
    );
  });

  it("is for 4 MB of an event's text and 2 KB of each row", () => {
    const most = (4 * 1024 * 1024) / 64 - 2_048;
    expect(() => checkRoom("p", keys(64), "x".repeat(most))).not.toThrow();
    const refused = () => checkRoom("p", keys(64), "x".repeat(most + 1));
    expect(refused).toThrow(InvalidFilterError);
    expect(refused).toThrow("takes 4194368 bytes here; a transaction takes 4194304");
    expect(() => checkRoom("p", keys(64), "é".repeat(most / 2 + 1))).toThrow(InvalidFilterError);
  });

  it("is looked at with the text that is kept, which has to be one that can be sent", () => {
    const { context } = keeping({ plain: true });
    const check = (data: unknown, count: number) => () =>
      checkKept(context, { path: "p" }, { keys: keys(count), data });
    expect(check("x".repeat(60_000), 60)).not.toThrow();
    expect(check("x".repeat(60_000), 70)).toThrow(InvalidFilterError);
    expect(check("x".repeat(131_073), 1)).toThrow(
      expect.objectContaining({ name: "PayloadTooLargeError" }),
    );
    expect(check({ n: 1n }, 1)).toThrow(expect.objectContaining({ name: "InvalidDataError" }));
  });
});

describe("what is kept", () => {
  it("has an id of now, in its text too, and lasts from then on", () => {
    const { context, target, history } = keeping({ plain: true, history: { ttlSeconds: 60 } });
    vi.setSystemTime(START_MS + 1);
    const made = eventToKeep(context, { target, history }, { ...event, keys: ["a#", undefined] });
    const { cursor, text, ...rest } = made;
    expect(eventTimeMs(cursor)).toBe(START_MS + 1);
    expect(JSON.parse(text)).toEqual({ id: cursor, data: "hello" });
    const expireAt = (START_MS + history.keptMs) / 1000 + 1;
    expect(rest).toEqual({ path: "p", filters: ["a#", undefined], expireAt });
  });

  it("is marked for the outbox only where it is left to that", () => {
    const { context, ...at } = keeping();
    expect(eventToKeep(context, at, { ...event, outbox: true })).toHaveProperty("outbox", true);
    expect(eventToKeep(context, at, event)).not.toHaveProperty("outbox");
  });

  it("has the fingerprint of its data and filters with a key, whatever their order", () => {
    const { context, ...at } = keeping();
    const of = (keys: Keys, data = "hello") =>
      eventToKeep(context, at, { keys, data, key: "k" }).once;
    const first = of(["a#", undefined]);
    expect(first).toEqual({ key: "k", fingerprint: expect.stringMatching(/^[\w-]{43}$/) });
    expect(of([undefined, "a#"])).toEqual(first);
    const others = [
      of(["a#"]),
      of([undefined]),
      of(["null"]),
      of(["a#", "b#"]),
      of(["a#", undefined], "other"),
    ].map((once) => once?.fingerprint);
    expect(new Set([first?.fingerprint, ...others]).size).toBe(6);
    expect(eventToKeep(context, at, event).once).toBeUndefined();
  });
});

describe("an event that is kept", () => {
  it("under no filter is kept nowhere, and has an id all the same", async () => {
    const { context, did, ...at } = keeping();
    const made = await keepEvent(context, { ...at, signal }, { ...event, keys: [] });
    expect(eventTimeMs(made.eventId)).toBe(START_MS);
    expect(made).toMatchObject({ cursor: made.eventId });
    expect(did).toEqual([]);
  });

  it("is known by the id that it is kept under", async () => {
    const { context, kept, read, ...at } = keeping();
    const made = await keepEvent(context, { ...at, signal }, { ...event, key: "k" });
    const [{ cursor, text } = { cursor: "", text: "" }] = kept;
    expect(made).toEqual({ cursor, text, eventId: cursor });
    expect(await read()).toEqual([{ cursor, text }]);
  });

  it.each([
    ["other data", { data: "other" }],
    ["another filter", { keys: ["a#"] }],
  ])("with the key of one with %s is refused", async (_, other) => {
    const { context, did, ...at } = keeping();
    await keepEvent(context, { ...at, signal }, { ...event, key: "k" });
    const second = keepEvent(context, { ...at, signal }, { ...event, key: "k", ...other });
    await expect(second).rejects.toThrow(InvalidOptionError);
    await expect(second).rejects.toMatchObject({ option: "key" });
    await expect(second).rejects.toThrow("was given for another event, with other data");
    await expect(second).rejects.toThrow('publish on "p"');
    expect(did).toEqual(["keep", "keep"]);
  });

  it("for the second time is the first one, kept anew under the time of its posts", async () => {
    const { context, kept, read, ...at } = keeping({ plain: true });
    const first = await keepEvent(context, { ...at, signal }, { ...event, key: "k" });
    vi.setSystemTime(START_MS + 5_000);
    const second = await keepEvent(context, { ...at, signal }, { ...event, key: "k" });
    const { eventId } = first;
    expect(second).toMatchObject({ eventId, text: first.text, repeated: { finished: false } });
    expect(eventTimeMs(second.cursor)).toBe(START_MS + 5_000);
    expect(await read()).toEqual([
      { cursor: eventId, text: first.text },
      { cursor: second.cursor, text: first.text },
    ]);
    expect(kept.at(-1)).not.toHaveProperty("once");
    expect(kept.map(({ expireAt }) => expireAt - (kept[0]?.expireAt ?? 0))).toEqual([0, 5, 5]);
  });

  it.each([
    ["that is finished", {}, true],
    ["that the outbox posts", { outbox: true } as const, false],
  ])("for the second time and %s is not kept anew", async (_, outbox, finished) => {
    const { context, store, did, ...at } = keeping({ plain: true });
    const given = { ...event, key: "k", ...outbox };
    const first = await keepEvent(context, { ...at, signal }, given);
    if (finished) await store.history.finish({ path: "p", key: "k" });
    vi.setSystemTime(START_MS + 5_000);
    const { eventId, text } = first;
    const second = await keepEvent(context, { ...at, signal }, given);
    expect(second).toEqual({ eventId, cursor: eventId, text, repeated: { finished } });
    expect(did).toEqual(["keep", "keep"]);
  });
});

describe("a table without an answer", () => {
  const hanging = () => new Promise<KeepOutcome>(() => undefined);

  it("is asked twice, for two seconds each", async () => {
    const signals: AbortSignal[] = [];
    const asked = keepInTime((end) => {
      signals.push(end);
      return hanging();
    }, signal);
    asked.catch(() => undefined);
    await pass(1_999);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await pass(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    await expect(throughTime(asked)).rejects.toThrow("no answer from the store within 2000 ms");
    expect(Date.now() - START_MS).toBe(4_000);
    expect(signals).toHaveLength(2);
  });

  it("may answer the second time", async () => {
    const answers = [hanging(), Promise.resolve<KeepOutcome>({ status: "kept" })];
    const asked = keepInTime(() => answers.shift() ?? hanging(), signal);
    expect(await throughTime(asked)).toEqual({ status: "kept" });
  });

  it("is asked once more after a fault of the line, and not after its refusal", async () => {
    const ask = (error: Error) => {
      const keep = vi.fn(() => Promise.reject(error));
      return { keep, asked: keepInTime(keep, signal) };
    };
    const line = ask(new TransportError("transient", "cut"));
    await expect(throughTime(line.asked)).rejects.toThrow("cut");
    expect(line.keep).toHaveBeenCalledTimes(2);
    const refusal = ask(new Error("no such table"));
    await expect(throughTime(refusal.asked)).rejects.toThrow("no such table");
    expect(refusal.keep).toHaveBeenCalledTimes(1);
  });

  it("is not asked again when the call is over", async () => {
    const over = new AbortController();
    const keep = vi.fn(hanging);
    const asked = keepInTime(keep, over.signal);
    asked.catch(() => undefined);
    await pass(500);
    over.abort();
    await expect(throughTime(asked)).rejects.toThrow("no answer from the store until the deadline");
    expect(keep).toHaveBeenCalledTimes(1);
  });
});
