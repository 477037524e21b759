import { readFileSync } from "node:fs";
import { monotonicMs } from "../clock.ts";
import { median } from "../median.ts";
import { DynamoDBUsage } from "./dynamodbUsage.ts";
import type { Measured, Task } from "./task.ts";

const SAMPLE_INTERVAL_MS = 20;
const BYTES_PER_MB = 2 ** 20;

/** Makes a program's clients; the function it returns publishes once and is what is measured. */
export type Prepare = (task: Task, usage: DynamoDBUsage) => () => Promise<unknown>;

/** Runs a program as a process: reads its task from the command line, writes what it measured. */
export async function runProgram(prepare: Prepare): Promise<void> {
  const task: Task = JSON.parse(process.argv[2] ?? "");
  // The harness holds the other end: however it dies, this process does too.
  process.stdin.resume().on("end", () => process.exit(1));
  const usage = new DynamoDBUsage();
  const publish = prepare(task, usage);
  const measured = await measure(publish, usage);
  const warm: number[] = [];
  for (let count = 0; count < task.repeat; count++) warm.push(await timed(publish));
  const line = { ...measured, ...(warm.length > 0 && { warmMs: median(warm) }) };
  // Not before the line is out; open sockets would keep the process for a while.
  process.stdout.write(`${JSON.stringify(line)}\n`, () => process.exit());
}

async function measure(
  publish: () => Promise<unknown>,
  usage: DynamoDBUsage,
): Promise<Omit<Measured, "warmMs">> {
  const startRssMb = process.memoryUsage.rss() / BYTES_PER_MB;
  let peakHeapMb = 0;
  const sample = (): void => {
    peakHeapMb = Math.max(peakHeapMb, process.memoryUsage().heapUsed / BYTES_PER_MB);
  };
  const timer = setInterval(sample, SAMPLE_INTERVAL_MS);
  const cpu = process.cpuUsage();
  const startMs = monotonicMs();
  const report = await publish();
  const endMs = monotonicMs();
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(timer);
  sample();
  return {
    startMs,
    endMs,
    cpuMs: (user + system) / 1000,
    peakRssMb: peakRssMb(),
    startRssMb,
    peakHeapMb,
    ...usage.totals(),
    report,
  };
}

async function timed(publish: () => Promise<unknown>): Promise<number> {
  const startMs = monotonicMs();
  await publish();
  return monotonicMs() - startMs;
}

/** `getrusage` counts the process this one was forked from as well, so Linux's own figure is taken where it is there. */
function peakRssMb(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / 1024;
  const [, kilobytes] =
    /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}
