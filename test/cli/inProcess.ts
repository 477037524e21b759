import { run } from "../../src/cli/run.ts";
import type { CliResult } from "./cliProcess.ts";

/** Calls a command in this process, which has loaded the AWS SDK already. */
export async function callCli(args: readonly string[]): Promise<CliResult> {
  const written = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr") => ({
    write: (text: string): void => {
      written[name] += text;
    },
  });
  const exitCode = await run(args, { stdout: into("stdout"), stderr: into("stderr") });
  return { exitCode, stdout: written.stdout, stderr: written.stderr.trimEnd() };
}
