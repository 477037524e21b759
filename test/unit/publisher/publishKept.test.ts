import { describe, expect, it } from "vitest";
import { InvalidFilterError, TransportError } from "../../../src/errors.ts";
import type { SubscriptionsEvent } from "../../../src/events/types.ts";
import { eventTimeMs } from "../../../src/protocol/eventId.ts";
import { openCursor } from "../../../src/publisher/cursor.ts";
import type { HistoryPublishReport } from "../../../src/publisher/historyTypes.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { joinAll } from "./audience.ts";
import { keeping } from "./keeping.ts";
import { inVirtualTime, throughTime } from "./virtualTime.ts";

inVirtualTime();

type Options = Parameters<typeof keeping>[0];

/** A route with history that so many listen to. */
async function listenedTo(count: number, options?: Options) {
  const told: SubscriptionsEvent[] = [];
  const one = keeping({ plain: true, onEvent: (event) => void told.push(event), ...options });
  await joinAll(one, count, { userId: 1 });
  const publish = async (given: object): Promise<HistoryPublishReport> =>
    (await throughTime(one.publish(given))) as HistoryPublishReport;
  return { ...one, publish, told };
}

const all = (count: number) => ({ matched: count, delivered: count, gone: 0, failed: 0 });
const took = (ms: number) => () => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe("a publish on a route with history", () => {
  it("keeps the event, then posts it under the same id", async () => {
    const { publish, posts, did, read, told } = await listenedTo(2);
    const report = await publish({ data: "hello" });
    const { eventId } = report;
    expect(report).toEqual({ ...all(2), complete: true, eventId });
    expect(eventTimeMs(eventId)).toBe(START_MS);
    expect(did).toEqual(["keep", "post c0", "post c1"]);
    const text = JSON.stringify({ id: eventId, data: "hello" });
    expect(await read()).toEqual([{ cursor: eventId, text }]);
    const result = { type: "data", id: eventId, data: { id: eventId, data: "hello" } };
    expect(posts.map(({ frame }) => JSON.parse(frame))).toEqual(
      [1, 1].map((id) => ({ id, result })),
    );
    const published = { type: "published", by: "publish", fanOutId: eventId, duplicates: 0 };
    expect(told).toMatchObject([{ ...published, ...all(2), complete: true }]);
  });

  it("names the event's fan-out by it, with which its cursor goes on", async () => {
    const { publish, resume, posts, store } = await listenedTo(1);
    const { cursor, eventId } = await publish({ data: "hello", deadlineMs: 0 });
    expect(await throughTime(resume(cursor))).toMatchObject({ ...all(1), complete: true });
    expect(posts.map(({ frame }) => JSON.parse(frame).result.id)).toEqual([eventId]);
    const secret = await store.signingKey();
    expect(openCursor(cursor, { secret, nowMs: Date.now() }).job.id).toBe(eventId);
  });

  it("refuses what cannot be kept or sent before it is kept", async () => {
    const { publish, did } = await listenedTo(1);
    const filter = Array.from({ length: 100 }, (_, userId) => ({
      name: "byUser",
      ctx: { userId },
    }));
    await expect(publish({ data: 1, filter })).rejects.toThrow(InvalidFilterError);
    await expect(publish({ data: "x".repeat(131_072) })).rejects.toMatchObject({
      name: "PayloadTooLargeError",
    });
    await expect(publish({ data: 1n })).rejects.toMatchObject({ name: "InvalidDataError" });
    expect(did).toEqual([]);
  });

  it("posts nothing when the event cannot be kept", async () => {
    const error = new Error("the table is away");
    const { publish, did, told } = await listenedTo(1, { trouble: () => Promise.reject(error) });
    await expect(publish({ data: "hello" })).rejects.toBe(error);
    expect(did).toEqual(["keep"]);
    expect(told.map(({ type }) => type)).toEqual(["rejected"]);
  });

  it.each([
    // 5 s less than the overlap, of which a tenth is kept for posts to end.
    [{}, 900],
    [{ deadlineMs: 60_000 }, 900],
    [{ deadlineMs: 500 }, 450],
  ])("with %j ends so that who drops meanwhile finds the event", async (limit, lastMs) => {
    const begun: number[] = [];
    const { publish } = await listenedTo(200, {
      history: { overlapSeconds: 6 },
      concurrency: 1,
      async post() {
        begun.push(Date.now() - START_MS);
        await took(9)();
      },
    });
    const report = await publish({ data: "hello", ...limit });
    expect(report).toMatchObject({ complete: false, cursor: expect.any(String) });
    expect(begun.at(-1)).toBeLessThan(lastMs);
    expect(begun.at(-1)).toBeGreaterThanOrEqual(lastMs - 9);
  });
});

describe("a publish with a key", () => {
  const order = { data: "hello", key: "order" };

  it("that came to its end is not posted again", async () => {
    const { publish, did, told } = await listenedTo(2);
    const first = await publish(order);
    expect(first).toEqual({ ...all(2), complete: true, eventId: first.eventId });
    expect(did.splice(0)).toEqual(["keep", "post c0", "post c1", "finish"]);
    told.splice(0);
    const { eventId } = first;
    expect(await publish(order)).toEqual({ ...all(0), complete: true, eventId, repeated: true });
    expect(did).toEqual(["keep"]);
    expect(told).toEqual([]);
  });

  it("that did not come to its end is posted again, as the same event", async () => {
    const { publish, did, posts } = await listenedTo(2);
    const { eventId, complete } = await publish({ ...order, deadlineMs: 0 });
    expect(complete).toBe(false);
    expect(did.splice(0)).toEqual(["keep"]);
    const second = await publish(order);
    expect(second).toEqual({ ...all(2), complete: true, eventId, repeated: true });
    expect(did).toEqual(["keep", "keep", "post c0", "post c1", "finish"]);
    const ids = posts.map(({ frame }) => JSON.parse(frame).result.data.id);
    expect(ids).toEqual([eventId, eventId]);
  });

  it("is at its end too when somebody could not be posted to", async () => {
    const { publish, did } = await listenedTo(1, {
      post: () => Promise.reject(new TransportError("forbidden", "no")),
    });
    expect(await publish(order)).toMatchObject({ failed: 1, complete: true });
    expect(did.at(-1)).toBe("finish");
  });

  it("whose end is never noted, since the table does not answer, ends", async () => {
    const trouble = (call: string) =>
      call === "finish" ? new Promise<never>(() => undefined) : undefined;
    const { publish, failures } = await listenedTo(1, { trouble });
    expect(await publish(order)).toMatchObject({ ...all(1), complete: true });
    expect(failures).toMatchObject([{ error: { name: "TransportError" }, path: "p" }]);
  });

  it("whose end cannot be noted is a success, which is reported", async () => {
    const error = new Error("the table is away");
    const trouble = (call: string) => (call === "finish" ? Promise.reject(error) : undefined);
    const { publish, failures } = await listenedTo(1, { trouble });
    expect(await publish(order)).toMatchObject({ ...all(1), complete: true });
    expect(failures).toEqual([{ error, path: "p" }]);
  });
});
