import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What `NODE_OPTIONS` must hold for every module of tRPC that a process loads to be noted in `LOADED_MODULES`. */
export const TRACE: string = `--import ${new URL("traceLoads.mjs", import.meta.url)}`;

/**
 * The copies of tRPC among file names or URLs, one line each.
 *
 * @example `["@trpc/client 11.0.0", "@trpc/server 11.0.0"]`
 */
export function copiesOf(files: Iterable<string>): readonly string[] {
  const folders = new Set<string>();
  for (const file of files) {
    const path = file.startsWith("file:") ? fileURLToPath(file) : file;
    const [, folder] = /^(.*[\\/]node_modules[\\/]@trpc[\\/][\w-]+)[\\/]/.exec(path) ?? [];
    if (folder !== undefined) folders.add(realpathSync(folder));
  }
  return [...folders].map(describe).toSorted();
}

/** The copies that processes with {@link TRACE} have noted. */
export function copiesNoted(notes: string): readonly string[] {
  return existsSync(notes) ? copiesOf(readFileSync(notes, "utf8").trim().split("\n")) : [];
}

/** What is wrong with the copies in use if each should be there once, in this version; nothing if all is well. */
export function faultsOf(copies: readonly string[], version: string): readonly string[] {
  const isOnce = (name: string): boolean =>
    copies.filter((copy) => copy.startsWith(`@trpc/${name} `)).join() ===
    `@trpc/${name} ${version}`;
  return ["client", "server"]
    .filter((name) => !isOnce(name))
    .map((name) => `@trpc/${name} ${version} is not the one copy in use: ${copies.join(", ")}`);
}

function describe(folder: string): string {
  const { name, version }: { readonly name: string; readonly version: string } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  return `${name} ${version}`;
}
