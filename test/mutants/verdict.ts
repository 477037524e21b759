/** What came of the tests with a mutant. */
export type Verdict =
  /** A test noticed it. */
  | { readonly kind: "red"; readonly test: string }
  /** No test noticed it. */
  | { readonly kind: "survived" }
  /** Something failed, but no test's expectation: the mutant is no working program. */
  | { readonly kind: "broken"; readonly why: string };

/** The part that matters of what vitest's `json` reporter writes. */
export interface VitestResults {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/**
 * Judges a run.
 *
 * @param results - `undefined` when vitest wrote none
 */
export function verdictOf(
  results: VitestResults | undefined,
  { exitCode, output }: { readonly exitCode: number | null; readonly output: string },
): Verdict {
  const files = results?.testResults ?? [];
  const unloaded = files.find(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some(isFailed),
  );
  if (unloaded !== undefined) {
    return { kind: "broken", why: `${unloaded.name} did not load: ${unloaded.message ?? ""}` };
  }
  const failed = files.flatMap(({ assertionResults }) => assertionResults).find(isFailed);
  if (failed !== undefined) {
    const [message = ""] = failed.failureMessages ?? [];
    return /^(ReferenceError|SyntaxError)\b/.test(message)
      ? { kind: "broken", why: `"${failed.fullName}": ${firstLine(message)}` }
      : { kind: "red", test: failed.fullName };
  }
  const passed = files.flatMap(({ assertionResults }) => assertionResults).some(isPassed);
  if (exitCode === 0 && passed) return { kind: "survived" };
  return { kind: "broken", why: `no test failed, but the run did: ${output.slice(-2_000)}` };
}

/** Whether any test came to its end. */
export function hasRun({ testResults }: VitestResults): boolean {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  return tests.some((test) => isFailed(test) || isPassed(test));
}

function isFailed({ status }: { readonly status: string }): boolean {
  return status === "failed";
}

function isPassed({ status }: { readonly status: string }): boolean {
  return status === "passed";
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
