import { execFile, execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The root of the repository. */
export const ROOT: string = join(import.meta.dirname, "../..");

/** Name of the package. */
export const NAME = "trpc-aws-subscriptions";

/** What a project of users has beside the package and its peers. */
const ALSO_INSTALLED: readonly string[] = ["zod", "@types/node", "@types/aws-lambda", "@types/ws"];

/** Peers that a project may do without; the command is tried without them first. */
const NOT_INSTALLED: readonly string[] = ["tsx"];

/** An empty project in which what `npm pack` packs is installed. */
export interface Project {
  readonly folder: string;
  readonly tarball: string;
  /** The packed files by their path in the package. */
  readonly files: ReadonlyMap<string, string>;
  /** ES modules by the subpath that shows them: `.`, `./client` and so on. */
  readonly subpaths: ReadonlyMap<string, string>;
  /** Runs a program in the project, with `require` of ES modules off as on Lambda; rejects when it fails. */
  run(file: string, source: string, environment?: Readonly<Record<string, string>>): Promise<void>;
  remove(): void;
}

/** Packs the package and unpacks it beside its peers. Needs `npm run build` first. */
export function installPackage(): Project {
  const folder = mkdtempSync(join(tmpdir(), "tarball-"));
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  const tarball = join(folder, execFileSync("npm", pack, { cwd: ROOT, encoding: "utf8" }).trim());
  execFileSync("tar", ["xzf", tarball], { cwd: folder });
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  const at = join(modules, NAME);
  execFileSync("mv", [join(folder, "package"), at]);

  const { peerDependencies, exports } = JSON.parse(
    readFileSync(join(at, "package.json"), "utf8"),
  ) as PackedManifest;
  const peers = Object.keys(peerDependencies).filter((name) => !NOT_INSTALLED.includes(name));
  for (const name of [...peers, ...ALSO_INSTALLED]) {
    const link = join(modules, name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), link);
  }
  return {
    folder,
    tarball,
    files: textsBelow(at),
    subpaths: new Map(
      Object.entries(exports).flatMap(([subpath, target]) =>
        typeof target === "string" ? [] : [[subpath, join(at, target.import)] as const],
      ),
    ),
    async run(file, source, environment = {}) {
      if (existsSync(join(folder, file))) throw new Error(`there is a ${file} already`);
      writeFileSync(join(folder, file), source);
      await run(process.execPath, ["--no-experimental-require-module", file], {
        cwd: folder,
        env: { ...process.env, NODE_NO_WARNINGS: "1", ...environment },
      });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface PackedManifest {
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly import: string }>>;
}

function textsBelow(folder: string): ReadonlyMap<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((file) => [relative(folder, file).replaceAll("\\", "/"), readFileSync(file, "utf8")]),
  );
}
