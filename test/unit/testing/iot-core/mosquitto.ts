import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Debian has it, which is not on everybody's path. */
const PROGRAM = ["mosquitto", "/usr/sbin/mosquitto"].find(
  (program) => spawnSync(program, ["-h"]).error === undefined,
);

/** Whether the broker mosquitto is installed here. Says so once if it is not. */
export const hasMosquitto: boolean = PROGRAM !== undefined;
if (!hasMosquitto) {
  process.stderr.write("mosquitto is not installed: what needs it as a second broker is not run\n");
}

/** A broker that we did not write. */
export interface Mosquitto {
  /** For WebSockets. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts mosquitto on a free port of this machine, for anybody. */
export async function startMosquitto(options: { readonly port?: number } = {}): Promise<Mosquitto> {
  const port = options.port ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), "mosquitto-"));
  const config = join(folder, "mosquitto.conf");
  await writeFile(
    config,
    [
      "persistence false",
      "allow_anonymous true",
      // Version 2.0.11 does not start with WebSockets alone.
      `listener ${await freePort()} 127.0.0.1`,
      `listener ${port} 127.0.0.1`,
      "protocol websockets",
      "max_qos 1",
    ].join("\n"),
  );
  const child = spawn(PROGRAM ?? "", ["-c", config, "-v"], { stdio: ["ignore", "ignore", "pipe"] });
  await running(child);
  return {
    url: `ws://127.0.0.1:${port}/mqtt`,
    stop: async () => {
      const exited = once(child, "exit");
      if (child.exitCode === null) {
        child.kill();
        await exited;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function running(child: ChildProcess): Promise<void> {
  let log = "";
  for await (const chunk of child.stderr ?? []) {
    log += chunk;
    if (/mosquitto version \S+ running/.test(log)) {
      // It would wait once the pipe is full.
      child.stderr?.resume();
      return;
    }
  }
  throw new Error(`mosquitto did not start: ${log}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
