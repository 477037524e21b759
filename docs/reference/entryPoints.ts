import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../check/repository.ts";

/** The source of every subpath that package.json exports; `./client` is `src/client/index.ts`. */
export function entryPoints(): readonly string[] {
  const text = readFileSync(join(ROOT, "package.json"), "utf8");
  const { exports } = JSON.parse(text) as { readonly exports: Readonly<Record<string, unknown>> };
  return Object.keys(exports)
    .filter((subpath) => !subpath.endsWith(".json"))
    .map((subpath) => join(ROOT, "src", subpath, "index.ts"));
}
