import { spawn } from "node:child_process";
import { once } from "node:events";

/** Beyond this a process is ended, and the run with it. */
const TIME_LIMIT_MS = 300_000;

/** Runs a script in a fresh process and reads the one line of JSON it writes. */
export async function runChild<T>(
  script: string,
  options: { readonly argument?: string; readonly environment: NodeJS.ProcessEnv },
): Promise<T> {
  const { argument, environment } = options;
  const child = spawn(process.execPath, [script, ...(argument === undefined ? [] : [argument])], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...environment },
    timeout: TIME_LIMIT_MS,
  });
  let output = "";
  let errorOutput = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errorOutput += text;
  });
  const [code, signal] = await once(child, "close");
  child.stdin.destroy();
  if (code !== 0) throw new Error(`${script} ended with ${signal ?? code}:\n${errorOutput}`);
  return JSON.parse(output);
}
