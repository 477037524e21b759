import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Where bundles go; not in the repository. */
export const BUNDLE_DIRECTORY: string = fileURLToPath(new URL("dist", import.meta.url));

const BENCH_DIRECTORY = fileURLToPath(new URL(".", import.meta.url));

/** Packages in CommonJS call `require` for what Node brings along. */
export const REQUIRE_BANNER: string =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/** Scripts that run in processes of their own, by their path in this folder without its ending. */
const SCRIPTS = [
  "endpoint",
  "programs/sdkSerial",
  "programs/sdkPromiseAll",
  "programs/sdkPool",
  "programs/sdkPoolCached",
  "programs/ours",
  "programs/limit",
  "coldStart/firstConnect",
] as const;

/** One of the bundled scripts. */
export type Script = (typeof SCRIPTS)[number];

/** Bundles each script into one file of plain JavaScript, as a Lambda would have it. */
export async function bundleScripts(): Promise<(script: Script) => string> {
  await build({
    absWorkingDir: BENCH_DIRECTORY,
    entryPoints: SCRIPTS.map((script) => `${script}.ts`),
    outbase: ".",
    outdir: BUNDLE_DIRECTORY,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    mainFields: ["module", "main"],
    banner: { js: REQUIRE_BANNER },
    logLevel: "warning",
  });
  return (script) => `${BUNDLE_DIRECTORY}/${script}.mjs`;
}
