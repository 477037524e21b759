import { expect, it } from "vitest";
import { sizeProblems } from "./sizes.ts";

it.each([
  ["a size of its budget", { ".": 100 }, []],
  ["a byte more", { ".": 99 }, [". has 100 bytes, more than its 99 in test/package/sizes.ts"]],
  ["no budget", {}, [". has 100 bytes and no budget: give it one in test/package/sizes.ts"]],
  ["a budget for nothing", { ".": 100, "./old": 5 }, ["./old has a budget, but is no subpath"]],
])("of %s it says what is wrong", (_, budgets, problems) => {
  expect(sizeProblems(new Map([[".", 100]]), budgets)).toEqual(problems);
});
