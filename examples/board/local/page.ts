import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../web", import.meta.url));
const DIST = fileURLToPath(new URL("../dist", import.meta.url));

/** Builds the page into a folder, which is emptied before; resolves with it. */
export async function buildPage(outDir: string = DIST): Promise<string> {
  await rm(outDir, { recursive: true, force: true });
  await build({ root, configFile: `${root}/vite.config.ts`, logLevel: "warn", build: { outDir } });
  return outDir;
}
