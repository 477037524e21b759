import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The repository. */
export const ROOT: string = join(import.meta.dirname, "../..");

/** Folders that stand for `node_modules/@trpc`. */
export interface Trpc {
  /** At the root. */
  readonly pinned: string;
  /** In `test/trpc-latest`. The same folder leaves one copy to be found. */
  readonly newest: string;
}

/** Runs something in a copy of the repository, which is removed afterwards. */
export async function inScratchCopy<T>(trpc: Trpc, run: (copy: string) => Promise<T>): Promise<T> {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), "versions-")));
  try {
    copyFiles(copy);
    linkModules(copy, trpc);
    return await run(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What git knows or would take, as it is on disk. */
function copyFiles(copy: string): void {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const files = execFileSync("git", list, { cwd: ROOT, encoding: "utf8" }).split("\0");
  for (const file of files) {
    if (file === "" || !existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(ROOT, file), join(copy, file));
  }
}

/** The modules of the root and the workspaces, but of tRPC what is given. */
function linkModules(copy: string, { pinned, newest }: Trpc): void {
  for (const workspace of ["", "bench", "test/emulators"]) {
    const source = join(ROOT, workspace, "node_modules");
    if (!existsSync(source)) continue;
    mkdirSync(join(copy, workspace, "node_modules"));
    for (const name of readdirSync(source)) {
      // The rest that begins with a dot are caches.
      if (name === "@trpc" || (name.startsWith(".") && name !== ".bin")) continue;
      symlinkSync(join(source, name), join(copy, workspace, "node_modules", name));
    }
  }
  symlinkSync(pinned, join(copy, "node_modules/@trpc"));
  mkdirSync(join(copy, "test/trpc-latest/node_modules"));
  symlinkSync(newest, join(copy, "test/trpc-latest/node_modules/@trpc"));
}
