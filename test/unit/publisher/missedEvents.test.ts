import { TRPCError } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { ResumeGapError } from "../../../src/errors/history.ts";
import { earliestEventId, eventIdAt } from "../../../src/protocol/eventId.ts";
import { checkedLastEventId, gapError, missedEvents } from "../../../src/publisher/missedEvents.ts";
import { memory } from "../../../src/store/memory.ts";
import { START_MS } from "../../../src/testing/store/world.ts";
import { inVirtualTime } from "./virtualTime.ts";

inVirtualTime();

const { signal } = new AbortController();
const expireAt = START_MS / 1000 + 60;

/** A store with events: its cursors, and the filters each is kept under. */
async function kept(events: Readonly<Record<string, readonly (string | undefined)[]>>, text = "") {
  const store = memory({ now: () => START_MS });
  for (const [cursor, filters] of Object.entries(events)) {
    await store.history.keep({ path: "p", filters, cursor, text, expireAt });
  }
  return (filters: readonly (string | undefined)[], query: object = {}) =>
    missedEvents(store, {
      ...{ path: "p", filters, cursor: "c", from: "b", maxEvents: 10, signal },
      ...query,
    });
}

const cursors = (events: Awaited<ReturnType<typeof missedEvents>>) =>
  events?.map(({ cursor }) => cursor);

describe("what a client has missed", () => {
  it("is read from all its filters, each event once, in the order of cursors", async () => {
    const missed = await kept({
      h: [undefined],
      f: ["a#", "b#"],
      e: ["b#"],
      g: ["a#", undefined],
      d: ["other#"],
    });
    expect(cursors(await missed([undefined, "a#", "b#"]))).toEqual(["e", "f", "g", "h"]);
    expect(cursors(await missed([undefined]))).toEqual(["g", "h"]);
    expect(await missed([])).toEqual([]);
  });

  it("begins with what it may have had, which does not count", async () => {
    const missed = await kept({ a: ["x#"], b: ["x#"], c: ["x#"], d: ["x#"], e: ["x#"] });
    expect(cursors(await missed(["x#"], { maxEvents: 2 }))).toEqual(["b", "c", "d", "e"]);
    expect(await missed(["x#"], { maxEvents: 1 })).toBeUndefined();
  });

  it("counts once what is kept under several filters", async () => {
    const missed = await kept({ d: ["x#", "y#"], e: ["x#", "y#"] });
    expect(cursors(await missed(["x#", "y#"], { maxEvents: 2 }))).toEqual(["d", "e"]);
  });

  it("may be 4 MB of text, with what it has had", async () => {
    const text = "x".repeat(1024 * 1024);
    const four = { b: ["x#"], c: ["x#"], d: ["y#"], e: ["y#"] };
    expect(cursors(await (await kept(four, text))(["x#", "y#"]))).toEqual(["b", "c", "d", "e"]);
    expect(await (await kept(four, `${text}x`))(["x#", "y#"])).toBeUndefined();
  });

  it("is read no further than it may be sent", async () => {
    let pages = 0;
    const pagesOf = async function* () {
      for (const cursor of ["d", "e", "f", "g"]) {
        pages++;
        yield [{ cursor, text: "" }];
      }
    };
    const { history } = memory();
    const store = { history: { ...history, read: pagesOf } };
    const query = { path: "p", filters: [undefined], cursor: "c", from: "b", signal };
    expect(await missedEvents(store, { ...query, maxEvents: 1 })).toBeUndefined();
    expect(pages).toBe(2);
  });

  it("is asked for from the store by its route, filter, place and signal", async () => {
    const asked: unknown[] = [];
    const read = async function* (query: unknown) {
      asked.push(query);
      yield [{ cursor: "d", text: "" }];
    };
    const { history } = memory();
    const query = { path: "p", filters: [undefined, "a#"], cursor: "c", from: "b", maxEvents: 1 };
    await missedEvents({ history: { ...history, read } }, { ...query, signal });
    expect(asked).toEqual([
      { path: "p", from: "b", signal },
      { path: "p", filter: "a#", from: "b", signal },
    ]);
  });

  it("is not known when it cannot be read", async () => {
    const missed = await kept({ d: ["x#"] });
    const reason = new Error("over");
    await expect(missed(["x#"], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe("the last event that a client says it has seen", () => {
  const id = (timeMs: number) => eventIdAt("000000000000abcdefgh", timeMs);

  it.each([START_MS - 1, START_MS, START_MS + 60_000])("may be of %d", (timeMs) => {
    expect(checkedLastEventId(id(timeMs))).toBe(id(timeMs));
  });

  it.each([
    ["of a minute ahead and more", id(START_MS + 60_001)],
    ["a time alone", earliestEventId(START_MS)],
    ["empty", ""],
    ["a number", 5],
    ["an object that reads like one", { toString: () => id(START_MS) }],
    ["nothing", null],
  ])("is refused when it is %s", (_, lastEventId) => {
    const check = () => checkedLastEventId(lastEventId);
    expect(check).toThrow(TRPCError);
    expect(check).toThrow("lastEventId is not the id of an event of this subscription");
    expect(check).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
  });
});

it("a gap is told with the reason and what to do", () => {
  const error = gapError("it is too old");
  expect(error).toMatchObject({ code: "PRECONDITION_FAILED", message: error.cause?.message });
  expect(error.cause).toBeInstanceOf(ResumeGapError);
  expect(error.message).toBe(
    "events after lastEventId cannot be sent: it is too old. Load the current state, then subscribe without lastEventId.",
  );
});
