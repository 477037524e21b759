import type { Script } from "./bundle.ts";
import type { Task } from "./programs/task.ts";

/** One of the compared ways to publish. */
export interface Program {
  readonly name: ProgramName;
  /** What it is, for tables. */
  readonly label: string;
  readonly script: Script;
  readonly options: Pick<Task, "width" | "postPath">;
}

/** Names of the programs, for scenarios and targets. */
export type ProgramName =
  | "serial"
  | "promiseAll"
  | "pool"
  | "poolCached"
  | "oursSend"
  | "ours"
  | "limit"
  | "limitWide";

/** Every program, in the order of the tables. */
export const PROGRAMS: readonly Program[] = [
  { name: "serial", label: "SDK, one by one", script: "programs/sdkSerial", options: {} },
  { name: "promiseAll", label: "SDK, Promise.all", script: "programs/sdkPromiseAll", options: {} },
  { name: "pool", label: "SDK, pool of 64", script: "programs/sdkPool", options: { width: 64 } },
  {
    name: "poolCached",
    label: "SDK, pool of 64, cacheMiddleware",
    script: "programs/sdkPoolCached",
    options: { width: 64 },
  },
  {
    name: "oursSend",
    label: "this library, postPath send",
    script: "programs/ours",
    options: { postPath: "send" },
  },
  { name: "ours", label: "this library", script: "programs/ours", options: {} },
  { name: "limit", label: "by hand, pool of 64", script: "programs/limit", options: { width: 64 } },
  {
    name: "limitWide",
    label: "by hand, pool of 256",
    script: "programs/limit",
    options: { width: 256 },
  },
];

/** A program by its name. */
export function programOf(name: ProgramName): Program {
  const found = PROGRAMS.find((program) => program.name === name);
  if (found === undefined) throw new Error(`no program ${name}`);
  return found;
}
