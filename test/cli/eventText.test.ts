import { expect, it } from "vitest";
import { eventText } from "../../src/cli/dev/eventText.ts";

const red = { name: "byRoom", ctx: [], input: [["room", "red"]] } as const;

it("says what an event was kept for, and under which id", () => {
  const kept = { type: "kept", path: "onFeed", eventId: "01k" } as const;
  expect(eventText({ ...kept, filters: [red, "everybody"], hasKey: true })).toBe(
    'kept               onFeed  byRoom(input.room="red")  everybody  01k  key',
  );
  expect(
    eventText({ ...kept, path: { sha256: "x" }, filters: ["unreadable"], hasKey: false }),
  ).toBe("kept               a path with SHA-256 x  unreadable  01k");
});

it("says how many events a client was sent that came back, and nothing of who did not", () => {
  const frame = {
    type: "frame",
    method: "subscription",
    connectionId: "c",
    id: 1,
    path: "onFeed",
    filters: [red],
    rowsWritten: 3,
    deletes: 0,
    reply: "started",
    durationMs: 5,
    outcome: "returned",
  } as const;
  const text = 'subscription       c/1  onFeed  byRoom(input.room="red")  3 rows written  ';
  expect(eventText({ ...frame, replayed: 2 })).toBe(`${text}2 events replayed  -> started  5.0 ms`);
  expect(eventText({ ...frame, replayed: 0 })).toBe(`${text}-> started  5.0 ms`);
});
