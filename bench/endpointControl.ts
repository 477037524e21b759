import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Path before a connection id, as with an API whose stage is `stage`. */
export const CONNECTIONS_PATH = "/stage/@connections/";

/** How the endpoint answers from now on. */
export interface Faults {
  /** Time between a post and its answer, in milliseconds. */
  readonly latencyMs: number;
  /** Connections that are closed: 410. */
  readonly staleIds: readonly string[];
  /** Share of the connections, 0 to 1, whose first post is refused with 429. */
  readonly throttledShare: number;
  /** Chooses them. */
  readonly seed: number;
}

/** What the endpoint saw since it was told its {@link Faults}. */
export interface Counts {
  /** Every post, whatever its answer. */
  readonly postsById: Readonly<Record<string, number>>;
  /** Posts that were answered with 200. */
  readonly acceptedById: Readonly<Record<string, number>>;
  /** Monotonic time of the first accepted post, when it came in; 0 without one. */
  readonly firstMs: number;
  /** Monotonic time of the last accepted post. */
  readonly lastMs: number;
  /** Most posts that waited for their answer at one time. */
  readonly maxUnderWay: number;
  /** CPU time of the endpoint's process. */
  readonly cpuMs: number;
}

/** The running endpoint. */
export interface Endpoint {
  /** Management endpoint, as `publisher({ endpoint })` takes it. */
  readonly url: string;
  /** Forgets what it counted and answers in a new way. */
  reset(faults: Faults): Promise<void>;
  read(): Promise<Counts>;
  /** Ends the process. */
  stop(): Promise<void>;
}

/** Starts the endpoint's process. It also ends when this process does, however that ends. */
export async function startEndpoint(script: string): Promise<Endpoint> {
  const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
  const port = await firstLine(child);
  const origin = `http://127.0.0.1:${port}`;
  const control = async (method: "GET" | "POST", body?: string): Promise<Counts> => {
    const response = await fetch(`${origin}/control`, { method, ...(body && { body }) });
    if (!response.ok) throw new Error(`the endpoint's control answers ${await response.text()}`);
    return (await response.json()) as Counts;
  };
  return {
    url: `${origin}/stage`,
    reset: async (faults) => {
      await control("POST", JSON.stringify(faults));
    },
    read: () => control("GET"),
    stop: async () => {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  const { stdout } = child;
  if (stdout === null) throw new Error("the endpoint's output is not piped");
  const lines = createInterface(stdout);
  const [line] = await Promise.race([
    once(lines, "line"),
    once(child, "exit").then(([code]) => {
      throw new Error(`the endpoint ended with ${String(code)}`);
    }),
  ]);
  lines.close();
  return String(line);
}
