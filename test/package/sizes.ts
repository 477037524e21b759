/**
 * Bytes of a subpath that is bundled alone, minified and gzipped, with its peers left out.
 *
 * An own measurement, not size-limit: the bundler and the installed tarball are here already, size-limit would bring a
 * second esbuild, and neither asks that each subpath has a budget.
 */
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { isForBrowsers } from "./browser.ts";

/** In bytes: what was measured, and a little for what comes. */
export const BUDGETS: Readonly<Record<string, number>> = {
  // The names of all options are a thirtieth of it: a misspelt one of connect() would let everybody in.
  ".": 52_300,
  "./appsync-events": 14_000,
  "./client": 5_000,
  "./client/appsync-events": 8_800,
  "./client/iot-core": 12_900,
  // With direct delivery: the handlers and the publisher of API Gateway, which an application has from "." already.
  "./iot-core": 39_900,
  "./local": 23_800,
  // A tenth of it is the check of options, which an application has from "." already.
  "./sqs": 2_800,
  "./testing": 50_500,
};

/** What the documentation tells the size of. */
interface Part {
  readonly name: string;
  /** The subpath that it is in; absent for a package of others. */
  readonly subpath?: string;
  /** Where it is, from the module of the subpath. @defaultValue that module */
  readonly module?: string;
  readonly page: string;
  /** How the page tells it, in kB. */
  readonly said: RegExp;
}

/** What a page takes of a subpath, nothing else of it; and the client of MQTT beside the package that we do without. */
export const PARTS: readonly Part[] = [
  { name: "preset", subpath: "./client", page: "README.md", said: /API Gateway, in (\d+) KB/ },
  {
    name: "appsyncLink",
    subpath: "./client/appsync-events",
    page: "docs/engines.md",
    said: /^\| in the browser, .* \| (\d+) kB \|$/m,
  },
  {
    name: "iotLink",
    subpath: "./client/iot-core",
    page: "docs/engines.md",
    said: /^\| in the browser, .* \| (\d+) kB \| \d+ kB \|$/m,
  },
  {
    name: "iotWebSocket",
    subpath: "./client/iot-core",
    page: "docs/engines.md",
    said: /a WebSocket of (\d+) kB/,
  },
  {
    name: "connectMqtt",
    subpath: "./client/iot-core",
    module: "./mqtt/connectMqtt.mjs",
    page: "ARCHITECTURE.md",
    said: /(\d+) kB minified and/,
  },
  { name: "mqtt", page: "ARCHITECTURE.md", said: /the package `mqtt` has (\d+) kB/ },
];

/** Measures {@link PARTS}, by name. */
export async function measureParts(
  subpaths: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, number>> {
  const sizes = PARTS.map(async (part) => {
    const { name } = part;
    const subpath = subpaths.get(part.subpath ?? "");
    const module =
      subpath === undefined ? name : join(dirname(subpath), part.module ?? basename(subpath));
    const contents =
      subpath === undefined
        ? `export * from ${JSON.stringify(name)};`
        : `export { ${name} } from ${JSON.stringify(module)};`;
    const stdin = {
      contents,
      resolveDir: subpath === undefined ? import.meta.dirname : dirname(module),
    };
    const packages = subpath === undefined ? "bundle" : "external";
    return [name, await bundledSize({ stdin, platform: "browser", packages })] as const;
  });
  return new Map(await Promise.all(sizes));
}

/** What pages say of {@link PARTS} and is not so, given the text of each page. */
export function saidProblems(
  sizes: ReadonlyMap<string, number>,
  textOf: (page: string) => string,
): readonly string[] {
  return PARTS.flatMap(({ name, page, said }) => {
    const kB = Math.round((sizes.get(name) ?? 0) / 1_000);
    const [, told] = said.exec(textOf(page)) ?? [];
    return told === `${kB}` ? [] : [`${page} says ${told} kB of ${name}, which has ${kB}`];
  });
}

/** Measures subpaths, which are given with their ES modules. */
export async function measureSizes(
  subpaths: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, number>> {
  const sizes = [...subpaths].map(
    async ([subpath, module]) => [subpath, await sizeOf(subpath, module)] as const,
  );
  return new Map(await Promise.all(sizes));
}

async function sizeOf(subpath: string, module: string): Promise<number> {
  const platform = isForBrowsers(subpath) ? "browser" : "node";
  return bundledSize({ entryPoints: [module], platform });
}

async function bundledSize(options: BuildOptions): Promise<number> {
  const { outputFiles } = await build({
    packages: "external",
    ...options,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return outputFiles.reduce(
    (sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length,
    0,
  );
}

/** What is wrong with sizes by subpath. */
export function sizeProblems(
  sizes: ReadonlyMap<string, number>,
  budgets: Readonly<Record<string, number>>,
): readonly string[] {
  const gone = Object.keys(budgets).filter((subpath) => !sizes.has(subpath));
  return [
    ...[...sizes].flatMap(([subpath, bytes]) => {
      const budget = budgets[subpath];
      if (budget === undefined) {
        return [
          `${subpath} has ${bytes} bytes and no budget: give it one in test/package/sizes.ts`,
        ];
      }
      return bytes <= budget
        ? []
        : [`${subpath} has ${bytes} bytes, more than its ${budget} in test/package/sizes.ts`];
    }),
    ...gone.map((subpath) => `${subpath} has a budget, but is no subpath`),
  ];
}
