import { expect, it } from "vitest";
import { cursorExpiry, openCursor, sealCursor } from "../../../src/publisher/cursor.ts";
import { START } from "../../../src/publisher/job.ts";

const issuedAtMs = 1_700_000_000_001;
const part = { id: "i", part: "0", path: "p", keys: [undefined], position: START, pending: [] };
const cursor = sealCursor({ job: { ...part, issuedAtMs } }, "secret");
const open = (given: unknown, nowMs = issuedAtMs) => openCursor(given, { secret: "secret", nowMs });

it.each([
  [undefined, "the cursor is undefined, not text."],
  [null, "the cursor is null, not text."],
  [{}, "the cursor is object, not text."],
  [7, "the cursor is number, not text."],
  ["a word", "the cursor has not the form of one."],
  [`${cursor}.`, "the cursor has not the form of one."],
  [cursor.replace("v1", "v2"), "the cursor is of another version."],
])("%o says what is wrong with it", (given, message) => {
  expect(() => open(given)).toThrow(message);
});

it("a cursor begins with its version, and lives as long as a connection with its slack", () => {
  expect(cursor).toMatch(/^v1\.[\w-]+\.[\w-]+$/);
  const lifetimeMs = 135 * 60_000;
  expect(() => open(cursor, issuedAtMs + lifetimeMs + 1)).toThrow("is older than 135 minutes");
  // Whole seconds, and none too few.
  expect(cursorExpiry({ issuedAtMs })).toBe(1_700_000_001 + lifetimeMs / 1_000);
});
