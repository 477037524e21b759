/**
 * `npm run check:package`: packs once, installs the tarball beside its peers in an empty project, and looks at it and uses
 * it as users do. Needs `npm run build` first.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { bundleForBrowsers } from "./browser.ts";
import { callCommand } from "./command.ts";
import { contentProblems } from "./contents.ts";
import { bundleForLambda } from "./lambda.ts";
import { compileTypes, runPrograms } from "./programs.ts";
import { installPackage, type Project, ROOT } from "./project.ts";
import { BUDGETS, measureParts, measureSizes, saidProblems, sizeProblems } from "./sizes.ts";

/** What is done with the installed package, each with the line that it prints. */
const STEPS: readonly ((project: Project) => Promise<string>)[] = [
  lint,
  async ({ files }) => {
    assert.deepEqual(contentProblems(files, { root: ROOT, sources: sources() }), []);
    return `contents: ${files.size} files, each of them built from src or named`;
  },
  async (project) => {
    await runPrograms(project);
    return `programs: ${project.subpaths.size} subpaths as ESM and CJS, tracked() recognised in both`;
  },
  async (project) => {
    await compileTypes(project);
    return "types: the README's chain and all subpaths compile in both formats";
  },
  async (project) =>
    `Lambda: ${await bundleForLambda(project)} bundles of esbuild served a client, ESM and CJS, with the SDK and without`,
  async (project) => {
    const subpaths = await bundleForBrowsers(project);
    return `browsers: ${subpaths.join(", ")} bundled without polyfills, and used without Node`;
  },
  async (project) => {
    await callCommand(project);
    return "command: help, its own errors, and handlers served in JavaScript and TypeScript";
  },
  async ({ subpaths }) => {
    const sizes = await measureSizes(subpaths);
    assert.deepEqual(sizeProblems(sizes, BUDGETS), []);
    const list = [...sizes].map(([subpath, bytes]) => `${subpath} ${bytes} of ${BUDGETS[subpath]}`);
    return `sizes in bytes, minified and gzipped: ${list.join(", ")}`;
  },
  async ({ subpaths }) => {
    const sizes = await measureParts(subpaths);
    const textOf = (page: string): string => readFileSync(join(ROOT, page), "utf8");
    assert.deepEqual(saidProblems(sizes, textOf), []);
    const list = [...sizes].map(([name, bytes]) => `${name} ${bytes}`);
    return `alone, as the documentation says: ${list.join(", ")}`;
  },
];

const project = installPackage();
try {
  for (const step of STEPS) process.stdout.write(`${await step(project)}\n`);
} finally {
  project.remove();
}

/** What the maps of package.json say, for bundlers and for each way in which TypeScript resolves. */
async function lint({ tarball }: Project): Promise<string> {
  const programs = [
    ["publint", "run", tarball, "--strict"],
    ["attw", tarball, "--profile", "node16"],
  ];
  for (const [name = "", ...args] of programs) {
    const program = join(ROOT, "node_modules/.bin", name);
    await promisify(execFile)(program, args).catch((error: { readonly stdout?: string }) => {
      throw new Error(`${name}:\n${error.stdout}`, { cause: error });
    });
  }
  return "package.json: no finding of publint and attw";
}

function sources(): ReadonlySet<string> {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  return new Set(files.map((file) => file.replaceAll("\\", "/").replace(/\.ts$/, "")));
}
