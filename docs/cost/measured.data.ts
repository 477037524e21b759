import { readFileSync } from "node:fs";
import { measuredIn } from "../../bench/simulation/measured.ts";
import type { Work } from "./cost.ts";

/** What the site is given while it is built: numbers of the benchmark's page, and where they stand there. */
export interface MeasuredWork extends Work {
  readonly source: string;
}

/** Filled in by VitePress with what `load` returns. */
export declare const data: MeasuredWork;

export default {
  /** Reads the numbers that the benchmark wrote. */
  load(): MeasuredWork {
    const page = readFileSync(new URL("../../bench/RESULTS.md", import.meta.url), "utf8");
    const { cpuPerPostUs, readUnitsPerThousand } = measuredIn(page);
    if (cpuPerPostUs === undefined || readUnitsPerThousand === undefined) {
      throw new Error("bench/RESULTS.md does not say what a post takes");
    }
    return {
      cpuPerPostUs: cpuPerPostUs.value,
      readUnitsPerThousand: readUnitsPerThousand.value,
      source: cpuPerPostUs.source,
    };
  },
};
