import { appendFileSync } from "node:fs";
import { register } from "node:module";

// Node evaluates this twice: as the module that `--import` names, and, in a thread of its own, as the one with the hooks.
if (!import.meta.url.endsWith("?hooks")) register(`${import.meta.url}?hooks`);

/** Notes every module of tRPC that is loaded. */
export function load(url, context, nextLoad) {
  const file = process.env.LOADED_MODULES;
  if (file && url.includes("/node_modules/@trpc/")) appendFileSync(file, `${url}\n`);
  return nextLoad(url, context);
}
