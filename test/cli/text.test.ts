import { expect, it } from "vitest";
import { filterText } from "../../src/cli/text.ts";

it("writes a filter as one reads it, with what a subscriber left out", () => {
  const filter = {
    name: "watch",
    ctx: [["team", { every: true }]],
    input: [
      ["run", 7n],
      ["text", { sha256: "abc" }],
    ],
  } as const;
  expect(filterText(filter)).toBe(
    "watch(ctx.team=any value, input.run=7n, input.text=a text of more than 128 bytes (SHA-256 abc))",
  );
});
