import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { BUNDLE_DIRECTORY, REQUIRE_BANNER } from "../bundle.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HERE = "bench/coldStart";

/** One of the handlers that are bundled. */
export type App = "bare" | "ours" | "oursWithZod";

/** How they are bundled; each is a matter of the user's own bundler options. */
export const PACKINGS = ["single", "external", "split"] as const;

/** One of {@link PACKINGS}. */
export type Packing = (typeof PACKINGS)[number];

/**
 * The SDK imports these dynamically, when the environment holds no credentials. On Lambda it always does, so they are
 * never loaded there.
 */
const CREDENTIAL_PROVIDERS = [
  "@aws-sdk/credential-provider-http",
  "@aws-sdk/credential-provider-ini",
  "@aws-sdk/credential-provider-process",
  "@aws-sdk/credential-provider-sso",
  "@aws-sdk/credential-provider-web-identity",
  "@smithy/credential-provider-imds",
];

/** A minified bundle. Sizes are in thousands of bytes. */
export interface Bundle {
  /** Path of the file that Lambda would load. */
  readonly path: string;
  /** What is loaded with it at the start: the file, and with splitting the chunks it imports statically. */
  readonly loadedKb: number;
  readonly loadedGzipKb: number;
  /** All files, those for credentials outside Lambda included. */
  readonly shippedKb: number;
  /** Minified bytes by package, ours is `src`. Of what is loaded. */
  readonly kbByPackage: ReadonlyMap<string, number>;
}

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  platform: "node",
  target: "node20",
  format: "esm",
  mainFields: ["module", "main"],
  legalComments: "none",
  banner: { js: REQUIRE_BANNER },
  metafile: true,
} as const satisfies BuildOptions;

/** Bundles three handlers as a user would. */
export async function bundleApp(app: App, packing: Packing): Promise<Bundle> {
  const entry = `${HERE}/${app}.ts`;
  const { metafile } = await build({
    ...OPTIONS,
    entryPoints: [entry],
    outdir: `${BUNDLE_DIRECTORY}/coldStart/${app}-${packing}`,
    outExtension: { ".js": ".mjs" },
    splitting: packing === "split",
    external: packing === "external" ? CREDENTIAL_PROVIDERS : [],
  });
  const { outputs } = metafile;
  const main = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === entry) ?? "";
  const loaded = loadedWith(outputs, main);
  const contents = loaded.map((path) => readFileSync(`${ROOT}/${path}`));
  return {
    path: `${ROOT}/${main}`,
    loadedKb: kilobytes(contents.map(({ length }) => length)),
    loadedGzipKb: kilobytes(contents.map((content) => gzipSync(content).length)),
    shippedKb: kilobytes(Object.values(outputs).map(({ bytes }) => bytes)),
    kbByPackage: byPackage(loaded.flatMap((path) => Object.entries(outputs[path]?.inputs ?? {}))),
  };
}

/** Sizes of our own code, in thousands of bytes. */
export interface OwnShare {
  readonly minifiedKb: number;
  readonly aloneGzipKb: number;
  /** Of it, what a split bundle loads before anything is published. */
  readonly loadedGzipKb: number;
  /** By how much the bundle is larger than one of everything it imports from packages. */
  readonly addedGzipKb: number;
}

/** Measures what the library's own files add to the bundle of three handlers. */
export async function ownShare(): Promise<OwnShare> {
  const ours = { entryPoints: [`${HERE}/ours.ts`] };
  const importsOnly = await textOf({ ...ours, packages: "external", minify: false });
  const packages = { stdin: { contents: usesOfImports(importsOnly), resolveDir: ROOT } };
  const alone = await textOf({ ...ours, packages: "external" });
  const whole = await textOf(ours);
  const without = await textOf(packages);
  return {
    minifiedKb: kilobytes([alone.length]),
    aloneGzipKb: kilobytes([gzipSync(alone).length]),
    loadedGzipKb: await loadedShare(`${HERE}/ours.ts`),
    addedGzipKb: kilobytes([gzipSync(whole).length, -gzipSync(without).length]),
  };
}

async function loadedShare(entry: string): Promise<number> {
  const { metafile, outputFiles } = await build({
    ...OPTIONS,
    entryPoints: [entry],
    packages: "external",
    splitting: true,
    outdir: BUNDLE_DIRECTORY,
    write: false,
  });
  const { outputs } = metafile;
  const main = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === entry) ?? "";
  const loaded = loadedWith(outputs, main);
  const contents = outputFiles.filter((file) => loaded.some((path) => file.path.endsWith(path)));
  return kilobytes(contents.map(({ text }) => gzipSync(text).length));
}

async function textOf(options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({ ...OPTIONS, ...options, write: false });
  return outputFiles[0]?.text ?? "";
}

/** The import statements of a module, and a use of every name, so that none is shaken off. */
function usesOfImports(text: string): string {
  const statements = [...text.matchAll(/^import \{([^}]*)\} from "[^"]*";$/gm)];
  const names = statements.flatMap(([, list = ""]) =>
    list.split(",").map((name) => name.trim().split(" as ").at(-1)),
  );
  return `${statements.map(([statement]) => statement).join("\n")}\nconsole.log(${names.join()});`;
}

/** A file and all that it imports statically. */
function loadedWith(outputs: Metafile["outputs"], main: string): readonly string[] {
  const loaded = new Set([main]);
  for (const path of loaded) {
    for (const { kind, external, path: imported } of outputs[path]?.imports ?? []) {
      if (kind === "import-statement" && external !== true) loaded.add(imported);
    }
  }
  return [...loaded];
}

function byPackage(
  inputs: readonly (readonly [string, { readonly bytesInOutput: number }])[],
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of inputs) {
    const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
    const owner = name ?? (path.startsWith("src/") ? "src" : "bench");
    sizes.set(owner, (sizes.get(owner) ?? 0) + bytesInOutput / 1000);
  }
  return sizes;
}

function kilobytes(bytes: readonly number[]): number {
  return bytes.reduce((sum, one) => sum + one, 0) / 1000;
}
