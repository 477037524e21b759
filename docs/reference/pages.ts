import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parsePage } from "../check/page.ts";

/** The headings of the reference's pages, by their paths below its folder. */
export function headingsOf(folder: string): ReadonlyMap<string, ReadonlySet<string>> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return new Map(
    files
      .filter((file) => file.endsWith(".md"))
      .map((file) => file.replaceAll("\\", "/"))
      .map((file) => [file, parsePage(file, readFileSync(join(folder, file), "utf8")).anchors]),
  );
}
