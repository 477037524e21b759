import { readdirSync } from "node:fs";
import { join, relative } from "node:path";

/** The root of the repository. */
export const ROOT: string = join(import.meta.dirname, "../..");

/** What is installed or made by programs; hidden folders are left out as well. */
const NOT_OURS: readonly string[] = ["node_modules", "dist", "coverage", "reports", "api"];

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return NOT_OURS.includes(entry.name) || entry.name.startsWith(".") ? [] : filesBelow(path);
  });
}

/** Every Markdown file that somebody wrote, by its path from the root. */
export function markdownFiles(): readonly string[] {
  return filesBelow(ROOT)
    .filter((path) => path.endsWith(".md"))
    .map((path) => relative(ROOT, path).replaceAll("\\", "/"))
    .toSorted();
}
