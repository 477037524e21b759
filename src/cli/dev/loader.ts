import { createRequire } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { CommandFailure } from "../failure.ts";

/**
 * What Node needs to load these files: nothing for JavaScript, `tsx` for TypeScript unless this Node strips types.
 *
 * @returns arguments for `node`
 * @throws {@link CommandFailure} when there is no `tsx`
 */
export function loaderArguments(files: readonly string[]): readonly string[] {
  const typed = files.find((file) => /\.[cm]?tsx?$/.test(file));
  if (typed === undefined) return [];
  const loader = [typed, import.meta.url].map(tsxOf).find((found) => found !== undefined);
  if (loader !== undefined) return ["--import", loader];
  // Since Node 22.10; older ones do not have it.
  if (Reflect.get(process.features, "typescript")) return [];
  throw new CommandFailure(
    `${typed} is TypeScript, which this Node loads with tsx: npm install --save-dev tsx. Plain .js and .mjs need nothing.`,
  );
}

function tsxOf(from: string): string | undefined {
  try {
    return pathToFileURL(createRequire(from).resolve("tsx")).href;
  } catch {
    // Not installed there: an optional peer.
    return undefined;
  }
}
