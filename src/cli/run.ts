import { readFileSync } from "node:fs";
import process from "node:process";
import { CommanderError } from "commander";
import { lineOf } from "./failure.ts";
import type { CommandOutput } from "./output.ts";
import { createProgram } from "./program.ts";

const USAGE_ERROR = 2;

/** Calls a command; what goes wrong is a line on standard error. Resolves with the exit code. */
export async function run(args: readonly string[], output: CommandOutput): Promise<number> {
  let exitCode = 0;
  const onExitCode = (code: number): void => {
    exitCode = code;
  };
  try {
    const program = createProgram({ version: version(), output, onExitCode });
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Its line is printed already; help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR;
    output.stderr.write(`error: ${lineOf(error)}\n`);
    const isVerbose = args.includes("--verbose") || Boolean(process.env["DEBUG"]);
    if (isVerbose && error instanceof Error) output.stderr.write(`${stackOf(error)}\n`);
    return 1;
  }
}

/** The manifest is two folders up from the source and from what is built of it. */
function version(): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  return manifest.version;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
