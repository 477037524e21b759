import { expect, test } from "vitest";
import { meetLastFrame } from "../../../src/store/lifecycle.ts";

test.each([
  ["ACTIVE", "m1", 9, "duplicate"],
  ["ACTIVE", "m1", 10, "duplicate"],
  ["ACTIVE", "m1", 11, "stale"],
  ["ACTIVE", "mine", 10, "active"],
  ["ACTIVE", undefined, 10, "duplicate"],
  ["STOPPED", "m1", 9, "replace"],
  ["STOPPED", "m1", 10, "stale"],
  ["STOPPED", "m1", 11, "stale"],
  ["STOPPED", "mine", 10, "stale"],
  ["STOPPED", undefined, 9, "replace"],
] as const)("%s by %s at %i, then mine at 10: %s", (...row) => {
  const [state, messageId, requestTimeMs, expected] = row;
  const last = { state, requestTimeMs, ...(messageId !== undefined && { messageId }) };
  const verdict = meetLastFrame(last, { requestTimeMs: 10, messageId: "mine" });
  expect(verdict === "replace" ? verdict : verdict.status).toBe(expected);
});
