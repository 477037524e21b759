import { existsSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { watch } from "chokidar";

/** Files that a module may be made of. */
const SOURCES = new Set([".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".json"]);
/** Folders that hold what is made or installed, beside those whose name begins with a dot. */
const IGNORED = new Set(["node_modules", "dist", "build", "coverage", "cdk.out"]);
/** An editor writes several files, or one several times. */
const SETTLE_MS = 80;

/** Tells of changes. */
export interface Watcher {
  stop(): Promise<void>;
}

/** The folder of the nearest `package.json`, else the file's own. */
export function projectOf(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return dirname(file);
  }
}

/** Calls back after source files in these folders changed; resolves once it would notice. */
export async function watchSources(
  folders: readonly string[],
  onChange: () => void,
): Promise<Watcher> {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch([...folders], {
    ignoreInitial: true,
    ignored: (path, stats) => {
      if (folders.includes(path)) return false;
      const name = basename(path);
      if (IGNORED.has(name) || name.startsWith(".")) return true;
      return stats?.isFile() === true && !SOURCES.has(extname(name));
    },
  });
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLE_MS);
  });
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
  return {
    async stop() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
