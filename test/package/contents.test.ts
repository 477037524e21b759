import { expect, it } from "vitest";
import { contentProblems } from "./contents.ts";

const origin = { root: "/srv/checkout", sources: new Set(["index", "store/keys", "index.test"]) };

const right = {
  "CHANGELOG.md": "# Changes",
  LICENSE: "MIT",
  "README.md": "See [TTL](https://example.com/home/ttl) and ./tmp/x.",
  "package.json": "{}",
  "dist/index.mjs": 'import "./store/keys.mjs";',
  "dist/index.d.cts": "export {};",
  "dist/store/keys.cjs": 'const sk = "connection#" + id; // see a:\\b',
  "dist/_virtual/_rolldown/runtime.cjs": "",
  "dist/cli/main.mjs": "#!/usr/bin/env node",
  "dist/cli/commander.LICENSE": "MIT",
};

const problemsWith = (changes: Record<string, string>) =>
  contentProblems(new Map(Object.entries({ ...right, ...changes })), origin);

it("finds nothing in what is right", () => {
  expect(problemsWith({})).toEqual([]);
});

it("misses what is not there", () => {
  const files = new Map(Object.entries(right).filter(([path]) => path !== "LICENSE"));
  expect(contentProblems(files, origin)).toEqual(["LICENSE is missing"]);
});

it.each([
  "dist/index.test.mjs",
  "dist/index.mjs.map",
  "dist/removed.mjs",
  "dist/index.ts",
  "dist/cli/main.mjs.map",
  "src/index.ts",
  "SECURITY.md",
  ".npmrc",
])("refuses %s", (path) => {
  expect(problemsWith({ [path]: "" })).toEqual([`${path} is nothing that users need`]);
});

it.each([
  ["//# sourceMappingURL=index.mjs.map", "points to a source map"],
  ["/*# sourceMappingURL=data:application/json;base64,e30= */", "points to a source map"],
  ['import "/srv/checkout/src/index.ts";', "has a path of a machine"],
  ['const at = "/home/me/project";', "has a path of a machine"],
  ["const at = 'file:///x';", "has a path of a machine"],
  ['const at = "C:\\\\Users\\\\me";', "has a path of a machine"],
])("refuses %s", (text, problem) => {
  expect(problemsWith({ "dist/index.mjs": text })).toEqual([`dist/index.mjs ${problem}`]);
});
