import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { type Mutant, MutantNoLongerAppliesError, mutated } from "./mutant.ts";
import { mutants } from "./mutants.ts";
import { hasRun, type VitestResults, verdictOf } from "./verdict.ts";
import { root } from "./workCopy.ts";

const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** What the compiler says of the form of a program; types are not looked at. */
function syntaxErrors(fileName: string, text: string): readonly string[] {
  const { diagnostics = [] } = ts.transpileModule(text, {
    fileName,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
  });
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}

describe.each(mutants)("mutant $name", (mutant) => {
  it("applies to the code as it is, and leaves a program", () => {
    for (const [file, text] of mutated(mutant, read)) {
      expect(text).not.toBe(read(file));
      expect(syntaxErrors(file, text)).toEqual([]);
    }
  });

  it("names tests that are there", () => {
    expect(mutant.tests.length).toBeGreaterThan(0);
    expect(mutant.tests.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

it("every mutant has a name of its own", () => {
  const names = mutants.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe("a mutant whose text", () => {
  const mutant = (find: string): Pick<Mutant, "edits"> => ({
    edits: [{ file: "a.ts", find, replace: "X" }],
  });

  it("is there once is applied, one edit after the other", () => {
    const edits = [
      { file: "a.ts", find: "one", replace: "1 two" },
      { file: "a.ts", find: "1 two", replace: "$& $1" },
      { file: "b.ts", find: "one", replace: "" },
    ];
    const texts = mutated({ edits }, (file) => `${file}: one`);
    expect([...texts]).toEqual([
      ["a.ts", "a.ts: $& $1"],
      ["b.ts", "b.ts: "],
    ]);
  });

  it.each([
    ["is not there", "none", 0],
    ["is there twice", "on", 2],
  ])("%s no longer applies", (_, find, occurrences) => {
    const apply = () => mutated(mutant(find), () => "one of one");
    expect(apply).toThrow(MutantNoLongerAppliesError);
    expect(apply).toThrow(expect.objectContaining({ file: "a.ts", occurrences }));
  });
});

describe("the verdict", () => {
  type File = VitestResults["testResults"][number];
  const file = (fields: Partial<File>): File => ({
    name: "a.test.ts",
    status: "passed",
    assertionResults: [{ fullName: "a test", status: "passed" }],
    ...fields,
  });
  const failing = (message: string): File =>
    file({
      status: "failed",
      assertionResults: [
        { fullName: "good", status: "passed" },
        { fullName: "bad", status: "failed", failureMessages: [message] },
      ],
    });
  const of = (exitCode: number | null, ...testResults: readonly File[]) =>
    verdictOf({ testResults }, { exitCode, output: "the end" });

  it("is red by the first test that failed", () => {
    const expected = { kind: "red", test: "bad" };
    expect(of(1, file({}), failing("AssertionError: expected 1 to be 2"))).toEqual(expected);
  });

  it("is survived when every test passed", () => {
    expect(of(0, file({}))).toEqual({ kind: "survived" });
  });

  it.each([
    ["a file did not load", of(1, file({ status: "failed", assertionResults: [] }))],
    ["another one did not", of(1, failing(""), file({ status: "failed", assertionResults: [] }))],
    ["no test was run", of(0, file({ assertionResults: [] }))],
    ["an error came outside of any test", of(1, file({}))],
    ["a name in the mutant is not defined", of(1, failing("ReferenceError: x is not defined"))],
    ["vitest wrote nothing", verdictOf(undefined, { exitCode: null, output: "" })],
  ])("is broken when %s", (_, verdict) => {
    expect(verdict.kind).toBe("broken");
  });
});

it.each([
  ["skipped", false],
  ["pending", false],
  ["passed", true],
  ["failed", true],
])("a run whose last test is %s has run a test: %s", (status, ran) => {
  const assertionResults = ["pending", status].map((each) => ({ fullName: each, status: each }));
  const file = { name: "a.test.ts", status: "passed", assertionResults };
  expect(hasRun({ testResults: [file] })).toBe(ran);
});
