import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import type { FigureLine } from "./figures.ts";

const page = fileURLToPath(new URL("../RELIABILITY.md", import.meta.url));

/** What one part of a soak came to. */
export interface PartFigures {
  readonly part: string;
  readonly command: string;
  readonly seconds: number;
  readonly lines: readonly FigureLine[];
}

/**
 * Puts the figures of a part between its marks in `test/RELIABILITY.md`.
 *
 * @throws Error when the page has no marks for it
 */
export function writeFigures(figures: PartFigures): void {
  const { part } = figures;
  const marks = [`<!-- figures: ${part} -->`, `<!-- end: ${part} -->`] as const;
  const text = readFileSync(page, "utf8");
  const [from, to] = marks.map((mark) => text.indexOf(mark));
  if (from === undefined || to === undefined || from < 0 || to < from) {
    throw new Error(`test/RELIABILITY.md has no lines ${marks.join(" and ")}.`);
  }
  writeFileSync(page, text.slice(0, from + marks[0].length) + textOf(figures) + text.slice(to));
}

function textOf({ command, seconds, lines }: PartFigures): string {
  const rows = lines.map(({ name, figures }) => {
    const values = Object.entries(figures).map(([key, value]) => `${key} ${value}`);
    return `| ${name} | ${values.join(" · ")} |`;
  });
  const where = `${seconds} s, ${cpus().length} cores, Node ${process.versions.node}`;
  return `\n\n\`${command}\` (${where})\n\n| | |\n|---|---|\n${rows.join("\n")}\n\n`;
}
