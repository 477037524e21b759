import { execFileSync } from "node:child_process";

/** Files that a process has open besides its sockets. */
const OTHERS = 500;

/** As many sockets as are wanted, or fewer where the limit of open files is too low, which is said then. */
export function affordable(wanted: number, filesEach: number): number {
  const text = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  const limit = text === "unlimited" ? Number.POSITIVE_INFINITY : Number(text);
  const most = Math.floor((limit - OTHERS) / filesEach);
  if (wanted <= most) return wanted;
  process.stdout.write(
    `${wanted} sockets need ${wanted * filesEach + OTHERS} open files, and ulimit -n is ${limit}: ` +
      `${most} are opened. Raise it for all of them.\n`,
  );
  return most;
}
