import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./scratchCopy.ts";

const CACHE = join(ROOT, "node_modules/.cache/trpc-aws-subscriptions");

/** The registry has no such package or version, or could not be asked. */
export class RegistryError extends Error {
  readonly wanted: string;

  constructor(wanted: string, cause: unknown) {
    super(`${wanted} cannot be had from the registry; is it published, and the network there?`, {
      cause,
    });
    this.name = "RegistryError";
    this.wanted = wanted;
  }
}

/**
 * The newest published version of a package that begins as given and is not above another.
 *
 * @throws {@link RegistryError}
 */
export function newestOf(name: string, { prefix = "", notAbove = "" } = {}): string {
  const published: unknown = JSON.parse(npm(name, ["view", name, "versions", "--json"]));
  const versions = [published].flat().filter((version) => typeof version === "string");
  const newest = versions
    .filter((version) => /^[\d.]+$/.test(version) && version.startsWith(prefix))
    .filter((version) => notAbove === "" || compare(version, notAbove) <= 0)
    .toSorted(compare)
    .at(-1);
  if (newest === undefined) throw new RegistryError(`${name}@${prefix}`, undefined);
  return newest;
}

/**
 * The version that the registry calls `latest`.
 *
 * @throws {@link RegistryError}
 */
export function latestOf(name: string): string {
  return npm(name, ["view", name, "version"]).trim();
}

/**
 * Installs packages into a folder of the cache, unless they are there, without their dependencies and peers: those are
 * the root's. Returns its `node_modules`.
 *
 * @throws {@link RegistryError}
 */
export function install(folder: string, packages: Readonly<Record<string, string>>): string {
  const path = join(CACHE, folder);
  const modules = join(path, "node_modules");
  const isThere = Object.keys(packages).every((name) => existsSync(join(modules, name)));
  if (!isThere) {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "package.json"), JSON.stringify({ private: true }));
    const exact = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];
    npm(exact.join(", "), ["install", "--prefix", path, "--legacy-peer-deps", ...quiet, ...exact]);
  }
  return modules;
}

function npm(wanted: string, args: readonly string[]): string {
  try {
    // `ignore`: npm's warnings are about the user's settings, its errors about what RegistryError says.
    return execFileSync("npm", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    throw new RegistryError(wanted, error);
  }
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
