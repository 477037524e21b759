import { expect, test } from "vitest";
import type { Heard } from "../../reliability/simulation/clientFrames.ts";
import type { Life } from "../../reliability/simulation/reader.ts";
import { readerFaults } from "../../reliability/simulation/resumeChecker.ts";
import type { Publish } from "../../reliability/simulation/world.ts";

const REPORT = { matched: 0, delivered: 0, gone: 0, failed: 0, complete: true };

/** Kept as `e<number>`, begun at ten times its number. */
function publish(number: number, own: Partial<Publish> = {}): Publish {
  const report = { ...REPORT, eventId: `e${number}` };
  return { room: "a", number, publisher: "p", beganAt: 10 * number, report, ...own };
}

function heard(number: number, id: string = `e${number}`, room = "a"): Heard {
  return { at: 0, event: { room, number }, kept: { id, cursor: id } };
}

function subscription(events: Heard[], own: { readonly refusedWith?: string } = {}) {
  return { id: 1, room: "a", userId: "bob", sentAt: 0, started: 1, events, ...own };
}

/** Live since moment 5. */
function life(...sockets: readonly Heard[][]): Life {
  return { startedAt: 5, subscriptions: sockets.map((events) => subscription(events)) };
}

function judge(
  lives: Life[],
  publishes: readonly Publish[],
  refused: Parameters<typeof readerFaults>[0]["refused"] = [],
) {
  const byNumber: Publish[] = [];
  for (const each of publishes) byNumber[each.number] = each;
  return readerFaults({ room: "a", lives, refused }, byNumber);
}

test("everything once, in any order and on any socket, is right, and so is the same again", () => {
  const all = [publish(1), publish(2), publish(3)];
  expect(judge([life([heard(2)], [heard(1), heard(2), heard(3)])], all)).toEqual([]);
});

test("lost: not there, though it began after the client knew that it is subscribed", () => {
  expect(judge([life([heard(2)])], [publish(1), publish(2)])).toEqual(["lost: event 1"]);
  expect(judge([life([heard(2)])], [publish(0), publish(2)])).toEqual([]);
  expect(judge([life()], [publish(1, { room: "b" })])).toEqual([]);
  // Not kept.
  expect(judge([life()], [publish(1, { report: REPORT })])).toEqual([]);
});

test("after a gap only what was published since then counts", () => {
  const since = { ...life([heard(3)]), startedAt: 25 };
  expect(judge([life(), since], [publish(1), publish(3)])).toEqual([]);
  expect(judge([life(), { ...since, subscriptions: [] }], [publish(3)])).toEqual(["lost: event 3"]);
});

test("LEAKED: of another room", () => {
  const other = publish(1, { room: "b" });
  expect(judge([life([heard(1, "e1", "b")])], [other])).toEqual(["LEAKED: event 1"]);
});

test("phantom: never published, or under an id that its publisher was not told", () => {
  expect(judge([life([heard(7)])], [])).toEqual(["phantom: event 7"]);
  expect(judge([life([heard(1, "x")])], [publish(1)])).toEqual(["phantom: event 1"]);
});

test("duplicate: once more under another id", () => {
  const all = [publish(1)];
  expect(judge([life([heard(1), heard(1, "x")])], all)).toContain("duplicate: event 1");
});

test("refused: for a gap, of which nothing was sent", () => {
  const gap = { refusedWith: "PRECONDITION_FAILED" };
  expect(judge([], [], [subscription([], gap)])).toEqual([]);
  expect(judge([], [], [subscription([heard(1)], gap)])).toHaveLength(1);
  expect(judge([], [], [subscription([], { refusedWith: "TIMEOUT" })])).toHaveLength(1);
});
