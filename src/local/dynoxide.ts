import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SubscriptionsError } from "../errors.ts";

const HOST = "127.0.0.1";
const PACKAGE = "@dynoxide/linux-x64";
const START_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 10;
/** Between finding a free port and listening on it, another process may take it. */
const START_ATTEMPTS = 3;

/**
 * Runs the command given as arguments until it ends or standard input does. The parent holds the other end of that
 * pipe, so the system closes it however the parent dies, SIGKILL included, and no signal listener is needed there.
 * Only builtins, because PATH may hold anything.
 */
const UNTIL_STDIN_ENDS = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
( while read -r line <&3; do :; done; kill -9 "$server" ) </dev/null >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`;

/** A running `dynoxide serve`, in memory. */
export interface DynoxideProcess {
  readonly endpoint: string;
  /** Ends the process and waits until it is gone; may be called twice. */
  stop(): Promise<void>;
}

/** Where the `dynoxide` program is: in the npm package, else on PATH. `undefined` when it is in neither. */
export function findDynoxide(): string | undefined {
  return inPackage() ?? onPath();
}

/**
 * Starts the program on a free port and waits until it accepts connections.
 *
 * @throws {@link SubscriptionsError} `LOCAL` when it ends or stays silent instead
 */
export async function startDynoxide(program: string): Promise<DynoxideProcess> {
  const failures: string[] = [];
  while (failures.length < START_ATTEMPTS) {
    const attempt = await tryStart(program, await freePort());
    if ("endpoint" in attempt) return attempt;
    failures.push(attempt.failure);
  }
  throw new SubscriptionsError("LOCAL", `${program} does not start: ${failures.join("; ")}`);
}

function inPackage(): string | undefined {
  const places = [import.meta.url, join(process.cwd(), "package.json")];
  for (const place of places) {
    try {
      const manifest = createRequire(place).resolve(`${PACKAGE}/package.json`);
      return join(dirname(manifest), "dynoxide");
    } catch {
      // Not installed here: an optional package.
    }
  }
  return undefined;
}

function onPath(): string | undefined {
  const { PATH = "" } = process.env;
  const folders = PATH.split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "dynoxide")).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function tryStart(
  program: string,
  port: number,
): Promise<DynoxideProcess | { readonly failure: string }> {
  const command = [program, "serve", "--host", HOST, "-p", String(port)];
  const child = spawn("/bin/sh", ["-c", UNTIL_STDIN_ENDS, "sh", ...command], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  let errorOutput = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errorOutput += text;
  });
  const ended = endOf(child);
  const stop = async (): Promise<void> => {
    child.stdin.destroy();
    await ended;
  };
  const ready = await Promise.race([ended, accepts(port, child)]);
  if (ready === "accepts") return { endpoint: `http://${HOST}:${port}`, stop };
  await stop();
  return { failure: errorOutput.trim() || (await ended) };
}

/** Resolves, never rejects, with how the child ended or why it could not be started. */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? code}`));
  });
}

async function accepts(port: number, child: ChildProcess): Promise<"accepts" | "silent"> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    if (await canConnect(port)) return "accepts";
    await sleep(POLL_INTERVAL_MS);
  }
  return "silent";
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: HOST, port });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
