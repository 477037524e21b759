import { parseArgs } from "node:util";
import { type Mutant, mutated } from "./mutant.ts";
import { mutants } from "./mutants.ts";
import type { Verdict } from "./verdict.ts";
import { runTests } from "./vitestRun.ts";
import { type WorkCopy, workCopy } from "./workCopy.ts";

const HELP = `npm run mutants [-- name…] [-- --list]

Puts one known fault after the other into a copy of the repository and runs a few tests with it. Each fault must turn a
test red. Exits with 1 when one survives, when the text that it changes is not there any more, or when it fails for
another reason than a test. Without names all ${mutants.length} are tried, in about twenty seconds each.

  --list  what each of them breaks
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.filter((name) => !mutants.some((mutant) => mutant.name === name));
  if (values.help || unknown.length > 0) {
    if (unknown.length > 0) print(`There is no mutant ${unknown.join(", ")}; see --list.`);
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  if (values.list) {
    for (const { name, breaks } of mutants) print(`${name}\n    ${breaks}`);
    return 0;
  }
  const chosen = mutants.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  );
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => interrupted.abort());
  }
  const copy = workCopy();
  try {
    return await tryAll(copy, chosen, interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    print("Interrupted.");
    return 130;
  } finally {
    copy.remove();
  }
}

async function tryAll(
  copy: WorkCopy,
  chosen: readonly Mutant[],
  signal: AbortSignal,
): Promise<number> {
  const files = [...new Set(chosen.flatMap(({ tests }) => tests))];
  print(`Without a mutant: ${files.length} test files …`);
  const untouched = await runTests(copy.folder, files, signal);
  if (untouched.kind !== "survived") {
    print(`They must be green, and are not: ${JSON.stringify(untouched)}`);
    return 1;
  }
  const failed: string[] = [];
  for (const mutant of chosen) {
    const startMs = performance.now();
    const verdict = await tryOne(copy, mutant, signal);
    const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
    if (verdict.kind !== "red") failed.push(mutant.name);
    print(`${line(mutant, verdict)} (${seconds} s)`);
  }
  print(
    failed.length === 0
      ? `All ${chosen.length} turned a test red.`
      : `${failed.length} of ${chosen.length} turned no test red: ${failed.join(", ")}`,
  );
  return failed.length === 0 ? 0 : 1;
}

async function tryOne(copy: WorkCopy, mutant: Mutant, signal: AbortSignal): Promise<Verdict> {
  const files = [...new Set(mutant.edits.map(({ file }) => file))];
  try {
    for (const [file, text] of mutated(mutant, copy.original)) copy.write(file, text);
    return await runTests(copy.folder, mutant.tests, signal);
  } catch (error) {
    signal.throwIfAborted();
    return { kind: "broken", why: String(error) };
  } finally {
    for (const file of files) copy.write(file, copy.original(file));
  }
}

function line({ name, breaks }: Mutant, verdict: Verdict): string {
  switch (verdict.kind) {
    case "red":
      return `red       ${name} -> ${verdict.test}`;
    case "survived":
      return `SURVIVED  ${name}: ${breaks}`;
    default:
      return `BROKEN    ${name}: ${verdict.why}`;
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
