import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { minorVersion } from "../e2e/trpcVersion.ts";
import { copiesNoted, copiesOf, faultsOf, TRACE } from "./loadedModules.ts";
import { install, newestOf } from "./registry.ts";
import { inScratchCopy, ROOT } from "./scratchCopy.ts";
import { typeFaults } from "./typeErrors.ts";

/** What a run has shown. */
export interface Outcome {
  /** The versions that were really in use. */
  readonly used: readonly string[];
  /** Empty when all is well. */
  readonly faults: readonly string[];
}

/** Runs the end-to-end tests and compiles them, the type tests and `src`, with one version of tRPC. */
export async function checkTrpc(version: string): Promise<Outcome> {
  const react = "@trpc/tanstack-react-query";
  const modules = install(`trpc-${version}`, {
    "@trpc/server": version,
    "@trpc/client": version,
    // It is not published with every version of the others.
    [react]: newestOf(react, { notAbove: version }),
  });
  const trpc = join(modules, "@trpc");
  return inScratchCopy({ pinned: trpc, newest: trpc }, async (copy) => {
    const types = await compile(copy, version);
    const notes = join(copy, "loaded");
    const isGreen = await vitest(process.execPath, copy, {
      args: ["test/e2e"],
      env: { NODE_OPTIONS: TRACE, LOADED_MODULES: notes },
    });
    const used = copiesNoted(notes);
    const faults = [...types, ...faultsOf(used, version)];
    return { used, faults: isGreen ? faults : [...faults, "tests failed"] };
  });
}

/** Runs all tests but those of reliability on the newest Node of a major version. */
export async function checkNode(major: number): Promise<Outcome> {
  const name = `node-${process.platform}-${process.arch}`;
  const version = newestOf(name, { prefix: `${major}.` });
  const modules = install(`node-${version}`, { [name]: version });
  const node = join(modules, name, "bin/node");
  const own = {
    pinned: join(ROOT, "node_modules/@trpc"),
    newest: join(ROOT, "test/trpc-latest/node_modules/@trpc"),
  };
  return inScratchCopy(own, async (copy) => {
    const isGreen = await vitest(node, copy, {
      args: readdirSync(join(copy, "test"), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && entry.name !== "reliability")
        .map(({ name }) => `test/${name}/`),
      env: { PATH: [dirname(node), process.env["PATH"]].join(delimiter) },
    });
    return { used: [`Node ${version}`], faults: isGreen ? [] : ["tests failed"] };
  });
}

async function compile(copy: string, version: string): Promise<readonly string[]> {
  const config = {
    extends: "./tsconfig.json",
    include: ["src", "test/globalSetup.ts", "test/e2e", "test/types"],
  };
  writeFileSync(join(copy, "tsconfig.versions.json"), JSON.stringify(config));
  const args = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.versions.json", "--listFiles"];
  const child = spawn(process.execPath, args, { cwd: copy, stdio: ["ignore", "pipe", "inherit"] });
  const output = await text(child.stdout);
  const copies = copiesOf(output.split("\n"));
  return [...typeFaults(output, minorVersion(version)), ...faultsOf(copies, version)];
}

interface VitestOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

async function vitest(node: string, copy: string, { args, env }: VitestOptions): Promise<boolean> {
  const program = ["node_modules/vitest/vitest.mjs", "run", "--reporter=dot"];
  const child = spawn(node, [...program, ...args], {
    cwd: copy,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  const [code]: readonly unknown[] = await once(child, "exit");
  return code === 0;
}
