import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Verdict, type VitestResults, verdictOf } from "./verdict.ts";

/** Longest run of the tests of one mutant: one that makes them hang is found out too. */
const LIMIT_MS = 120_000;

/** Runs test files of a copy of the repository, until the first one fails. */
export async function runTests(
  folder: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<Verdict> {
  const resultsFile = join(folder, "mutant-results.json");
  rmSync(resultsFile, { force: true });
  const vitest = join(folder, "node_modules/vitest/vitest.mjs");
  const how = ["run", "--project=shared", "--bail=1", "--reporter=json"];
  const child = spawn(
    process.execPath,
    [vitest, ...how, `--outputFile=${resultsFile}`, "--no-color", ...files],
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
  if (failed.length > 0) return { kind: "broken", why: `vitest did not end: ${String(failed[0])}` };
  const results: VitestResults | undefined = existsSync(resultsFile)
    ? JSON.parse(readFileSync(resultsFile, "utf8"))
    : undefined;
  return verdictOf(results, { exitCode: exitCode ?? null, output: output.text });
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
