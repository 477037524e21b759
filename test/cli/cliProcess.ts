import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const ROOT = join(import.meta.dirname, "../..");
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** How a command is called. */
export interface CliOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A command that ended. */
export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** Without the line break at its end. */
  readonly stderr: string;
}

/** A command that runs. */
export interface RunningCli {
  /** Resolves with the first line of standard output, from now on or before, that has not been taken and fits. */
  line(fits: (line: string) => boolean): Promise<string>;
  /** Sends a signal to the command and everything it has started, as a terminal does; nothing once it has ended. */
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<CliResult>;
}

/** No AWS settings of whoever runs the tests. */
function environmentOf(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(AWS_|DEBUG$|DYNAMODB_)/.test(name),
  );
  return { ...Object.fromEntries(own), ...more };
}

/** Starts the command from its source. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const { cwd = ROOT, environment = {} } = options;
  const main = join(ROOT, "src/cli/main.ts");
  const child = spawn(process.execPath, ["--import", TSX, main, ...args], {
    cwd,
    env: environmentOf(environment),
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: a terminal sends Ctrl-C to the whole group.
    detached: true,
  });
  const output = { stdout: "", stderr: "" };
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    output.stdout += `${line}\n`;
    lines.push(line);
    for (const check of waiting) check();
  });
  const ended = endOf(child).then((exitCode) => ({
    exitCode,
    stdout: output.stdout,
    stderr: output.stderr.trimEnd(),
  }));
  const line = (fits: (text: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const at = lines.findIndex(fits);
        if (at === -1) return;
        waiting.delete(check);
        resolve(lines.splice(at, 1)[0] ?? "");
      };
      waiting.add(check);
      ended.then(
        () => reject(new Error(`the command ended without the line: ${JSON.stringify(output)}`)),
        reject,
      );
      check();
    });
  const signal = (name: NodeJS.Signals): void => {
    const isRunning = child.exitCode === null && child.signalCode === null;
    if (isRunning && child.pid !== undefined) process.kill(-child.pid, name);
  };
  return { line, signal, ended };
}

/** Runs the command to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).ended;
}

async function endOf(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, "close");
  return code;
}
