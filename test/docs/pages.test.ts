import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { wrongBlocks } from "../../docs/check/commands.ts";
import { compileBlocks } from "../../docs/check/compile.ts";
import { parsePage, readPage } from "../../docs/check/page.ts";
import { markdownFiles, ROOT } from "../../docs/check/repository.ts";

const pages = markdownFiles().map(readPage);

const page = (text: string) => parsePage("docs/page.md", text);

it("finds the pages", () => {
  expect(pages.map(({ file }) => file)).toEqual(
    expect.arrayContaining(["README.md", "SECURITY.md", "bench/README.md", "ARCHITECTURE.md"]),
  );
});

it("shows a test in the README that runs here as it stands there", () => {
  const { blocks } = readPage("README.md");
  const shown = blocks.find(({ code }) => code.includes("createTestGateway("));
  expect(shown?.code).toBe(readFileSync(join(ROOT, "test/docs/testing.test.ts"), "utf8"));
});

it("shows commands that exist, and data that parses", () => {
  expect(pages.flatMap(wrongBlocks)).toEqual([]);
});

/** Pages that show what the check finds, in the same program as the real ones. */
const WRONG: readonly (readonly [text: string, problem: string])[] = [
  [
    '# Title\n\n```ts\nconst fine = 1;\nexport const n: number = "text";\n```\n',
    "5: Type 'string' is not assignable to type 'number'.",
  ],
  [
    "<!-- ts\ndeclare const known: string;\n-->\n\n```ts\nexport const n: number = known;\n```\n",
    "6: Type 'string' is not assignable to type 'number'.",
  ],
  [
    [
      "```ts [one.ts]\nexport const one = 1;\n```",
      "<!-- ts continues -->\n\n```ts\nexport const two = one + 1;\n```",
      '```ts\nimport { two } from "./one.ts";\nexport const three: string = two;\n```',
    ].join("\n\n"),
    "13: Type 'number' is not assignable to type 'string'.",
  ],
];

it("compiles every TypeScript block of every page, and finds what does not", () => {
  const wrong = WRONG.map(([text], index) => parsePage(`docs/wrong${index}.md`, text));
  expect(compileBlocks([...pages, ...wrong])).toEqual(
    WRONG.map(([, problem], index) => `docs/wrong${index}.md:${problem}`),
  );
}, 120_000);

it.each([
  ["```sh\nnpm run docz\n```", 'package.json has no script "docz"'],
  ["```sh\nnpm ci && npm rum test\n```", 'package.json has no script "rum"'],
  [
    "```sh\nnpx trpc-aws-subscription inspect\n```",
    'package.json has no program "trpc-aws-subscription"',
  ],
  ["```json\n{ a: 1 }\n```", "is no JSON"],
  ["```toml\na = 1\n```", 'nobody checks "toml" code'],
])("finds what is wrong in %j", (text, problem) => {
  expect(wrongBlocks(page(text))).toEqual([`docs/page.md:1: ${problem}`]);
});

it.each([
  "```sh\nnpm test   # npm rum\n```",
  "```sh\nDEBUG=1 npm run bench -- --quick | tee log\n```",
  '```json\n{ "a": 1 }\n```',
])("finds nothing in %j", (text) => {
  expect(wrongBlocks(page(text))).toEqual([]);
});
