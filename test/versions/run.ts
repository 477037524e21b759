import { parseArgs } from "node:util";
import { checkNode, checkTrpc, type Outcome } from "./checks.ts";
import { latestOf, RegistryError } from "./registry.ts";
import { NODE_MAJORS, nameOf, type Target, targetsOf, UnknownTargetError } from "./targets.ts";

const HELP = `npm run test:versions [-- target…]

The end-to-end and type tests with other versions of tRPC, server and client, and all tests but those of reliability on
other versions of Node. Each version is a separate install in node_modules/.cache, each run has a copy of the files.

  11.0.0    a version of tRPC 11
  newest    the newest tRPC of the registry
  node22    a version of Node: ${NODE_MAJORS.join(", ")}
`;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { help: { type: "boolean", default: false } },
    });
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    return await runAll(targetsFrom(positionals));
  } catch (error) {
    if (!(error instanceof Error) || !isUsage(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error instanceof RegistryError ? 1 : 2;
  }
}

function targetsFrom(names: readonly string[]): readonly Target[] {
  const ownMajor = Number.parseInt(process.versions.node, 10);
  // Names are checked before the registry is asked.
  targetsOf(names, { newest: "11.0.0", ownMajor });
  const isNewestWanted = names.length === 0 || names.includes("newest");
  const newest = isNewestWanted ? latestOf("@trpc/server") : "";
  return targetsOf(names, { newest, ownMajor });
}

async function runAll(targets: readonly Target[]): Promise<number> {
  const rows: { readonly name: string; readonly outcome: Outcome; readonly seconds: number }[] = [];
  for (const target of targets) {
    const name = nameOf(target);
    process.stdout.write(`\n=== ${name}\n`);
    const startMs = performance.now();
    const outcome = await check(target);
    for (const fault of outcome.faults) process.stderr.write(`${name}: ${fault}\n`);
    rows.push({ name, outcome, seconds: Math.round((performance.now() - startMs) / 1_000) });
  }
  process.stdout.write("\n");
  for (const { name, outcome, seconds } of rows) {
    const result = outcome.faults.length > 0 ? "failed" : "passed";
    const line = [name.padEnd(14), result, `${seconds} s`.padStart(6), ...outcome.used];
    process.stdout.write(`${line.join("  ")}\n`);
  }
  return rows.some(({ outcome }) => outcome.faults.length > 0) ? 1 : 0;
}

async function check(target: Target): Promise<Outcome> {
  try {
    return await (target.kind === "trpc" ? checkTrpc(target.version) : checkNode(target.major));
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return { used: [], faults: [error.message] };
  }
}

function isUsage(error: Error): boolean {
  const code = "code" in error ? String(error.code) : "";
  return (
    error instanceof UnknownTargetError ||
    error instanceof RegistryError ||
    code.startsWith("ERR_PARSE_ARGS")
  );
}
