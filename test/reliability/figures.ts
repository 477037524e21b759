import { appendFileSync } from "node:fs";
import { seed } from "./size.ts";

/** What was measured or counted, by name. */
export type Figures = Readonly<Record<string, string | number>>;

/** A line of the file that `FIGURES` names. */
export interface FigureLine {
  readonly name: string;
  readonly figures: Figures;
}

/** Prints figures with the seed they come from, and keeps them for `npm run soak`. */
export function report(name: string, figures: Figures): void {
  const all: Figures = { ...figures, seed };
  const text = Object.entries(all).map(([key, value]) => `${key} ${value}`);
  process.stdout.write(`${name}: ${text.join(" · ")}\n`);
  const file = process.env["FIGURES"];
  const line: FigureLine = { name, figures: all };
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
}
