import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../web", import.meta.url));
const outDir = fileURLToPath(new URL("../dist", import.meta.url));

/** Builds the page; resolves with the folder it is in. */
export async function buildPage(): Promise<string> {
  await rm(outDir, { recursive: true, force: true });
  await build({ root, configFile: `${root}/vite.config.ts`, logLevel: "warn", build: { outDir } });
  return outDir;
}
