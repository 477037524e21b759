import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hasRun, type Verdict, type VitestResults, verdictOf } from "./verdict.ts";

/** Longest run of the tests of one mutant: one that makes them hang is found out too. */
const LIMIT_MS = 120_000;

/** Runs test files of a copy of the repository, until the first one fails. */
export async function runTests(
  folder: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<Verdict> {
  const { results, ...end } = await runVitest(folder, ["--bail=1", ...files], signal);
  // A test that fails while another file begins makes vitest skip both, and forget the failure.
  if (end.exitCode !== 0 && results !== undefined && !hasRun(results)) {
    const again = await runVitest(folder, files, signal);
    return verdictOf(again.results, again);
  }
  return verdictOf(results, end);
}

/** How a run of vitest ended. */
interface RunEnd {
  /** `undefined` when it wrote none. */
  readonly results: VitestResults | undefined;
  readonly exitCode: number | null;
  readonly output: string;
}

async function runVitest(
  folder: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<RunEnd> {
  const resultsFile = join(folder, "mutant-results.json");
  rmSync(resultsFile, { force: true });
  const vitest = join(folder, "node_modules/vitest/vitest.mjs");
  const how = ["run", "--project=shared", "--reporter=json"];
  const child = spawn(
    process.execPath,
    [vitest, ...how, `--outputFile=${resultsFile}`, "--no-color", ...args],
    {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    },
  );
  const output = textOf(child);
  // An abort is an `error`, then a `close` like any other.
  const failed: unknown[] = [];
  child.on("error", (error) => failed.push(error));
  const [exitCode]: readonly (number | null)[] = await once(child, "close").catch(() => [null]);
  signal.throwIfAborted();
  if (failed.length > 0) {
    return {
      results: undefined,
      exitCode: null,
      output: `vitest did not end: ${String(failed[0])}`,
    };
  }
  const results: VitestResults | undefined = existsSync(resultsFile)
    ? JSON.parse(readFileSync(resultsFile, "utf8"))
    : undefined;
  return { results, exitCode: exitCode ?? null, output: output.text };
}

function textOf({ stdout, stderr }: ChildProcess): { text: string } {
  const output = { text: "" };
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      output.text += chunk;
    });
  }
  return output;
}
