/**
 * Bundles the ping example's functions for tools that upload a folder: `npx tsx bundle.ts [folder]`, `build` by default.
 * Each file of it is named as its source: the function `fanOut.worker` is what `fanOut.ts` exports as `worker`.
 */
import { rm } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = process.argv[2] ?? here("build");

// What an earlier bundle left would be deployed as well.
await rm(folder, { recursive: true, force: true });
await build({
  entryPoints: ["handlers", "fanOut", "sendPing", "outbox"].map((name) =>
    here(`../ping/src/${name}.ts`),
  ),
  outdir: folder,
  bundle: true,
  minify: true,
  platform: "node",
  target: "node24",
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  logLevel: "info",
});
