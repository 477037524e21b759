import { expect, it } from "vitest";
import { PARTS, saidProblems, sizeProblems } from "./sizes.ts";

it.each([
  ["a size of its budget", { ".": 100 }, []],
  ["a byte more", { ".": 99 }, [". has 100 bytes, more than its 99 in test/package/sizes.ts"]],
  ["no budget", {}, [". has 100 bytes and no budget: give it one in test/package/sizes.ts"]],
  ["a budget for nothing", { ".": 100, "./old": 5 }, ["./old has a budget, but is no subpath"]],
])("of %s it says what is wrong", (_, budgets, problems) => {
  expect(sizeProblems(new Map([[".", 100]]), budgets)).toEqual(problems);
});

it("says which page tells another size than that of what it is about", () => {
  const page = `API Gateway, in 4 KB
| in the browser, minified and compressed | alone | 11 kB | 8 kB |
a WebSocket of 5 kB
3 kB minified and gzipped; the package \`mqtt\` has 105 kB`;
  const sizes = [4_151, 8_289, 11_216, 5_360, 3_100, 104_600].map(
    (bytes, index) => [PARTS[index]?.name ?? "", bytes] as const,
  );
  expect(saidProblems(new Map(sizes), () => page)).toEqual([]);
  const grown = new Map([...sizes, ["iotLink", 11_501]] as const);
  expect(saidProblems(grown, () => page)).toEqual([
    "docs/engines.md says 11 kB of iotLink, which has 12",
  ]);
  expect(saidProblems(new Map(sizes), () => "")).toHaveLength(PARTS.length);
});
