import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Root of the repository. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** The repository as it is now, with what is not committed yet, in a folder of its own. */
export interface WorkCopy {
  readonly folder: string;
  /** Text of a file as it was when the copy was made. */
  original(file: string): string;
  write(file: string, text: string): void;
  remove(): void;
}

/** Makes a copy whose packages are the repository's. */
export function workCopy(): WorkCopy {
  const folder = mkdtempSync(join(tmpdir(), "mutants-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    for (const file of filesOfRepository()) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(root, file), join(folder, file));
    }
    for (const place of new Set([".", ...workspaces()])) {
      const packages = join(root, place, "node_modules");
      if (existsSync(packages)) symlinkSync(packages, join(folder, place, "node_modules"));
    }
  } catch (error) {
    remove();
    throw error;
  }
  const originals = new Map<string, string>();
  const original = (file: string): string => {
    const text = originals.get(file) ?? readFileSync(join(folder, file), "utf8");
    originals.set(file, text);
    return text;
  };
  const write = (file: string, text: string): void => {
    original(file);
    writeFileSync(join(folder, file), text);
  };
  return { folder, original, write, remove };
}

function filesOfRepository(): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
    cwd: root,
    encoding: "utf8",
  });
  // One that is deleted and not committed is listed too.
  return listed.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
}

function workspaces(): readonly string[] {
  const { workspaces = [] }: { readonly workspaces?: readonly string[] } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  return workspaces;
}
