import type { Assumption } from "./assumption.ts";
import type { Model } from "./model.ts";

/** Heading of the scenario and name of the program that the numbers are taken from. */
const SCENARIO = "### 10,000 of 30,000 rows, 10 ms";
const PROGRAM = "this library";
const THOUSANDS = 10;

/** What a page of results says of the numbers that are measured; empty where it does not say it. */
export function measuredIn(
  results: string,
): Partial<Record<"cpuPerPostUs" | "readUnitsPerThousand", Assumption>> {
  const date = /on (\d{4}-\d{2}-\d{2})/.exec(results)?.[1] ?? "an unknown day";
  const source = `bench/RESULTS.md of ${date}, row "${PROGRAM}" of "${SCENARIO.slice(4)}"`;
  const [, section = ""] = results.split(`${SCENARIO}\n`);
  const table = section.split("\n#")[0] ?? "";
  const rows = table
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const [titles = []] = rows;
  const row = rows.find(([, program]) => program === PROGRAM);
  const number = (title: string): number =>
    Number.parseFloat((row?.[titles.indexOf(title)] ?? "").replaceAll(",", ""));
  const cpuUs = number("CPU µs/post");
  const units = number("RRU") / THOUSANDS;
  return {
    ...(cpuUs > 0 && {
      cpuPerPostUs: {
        value: cpuUs,
        unit: "µs",
        basis: "measured",
        what: "CPU for each subscriber, reading included, on one whole core; of a fresh process, a warm one takes less",
        source,
      },
    }),
    ...(units > 0 && {
      readUnitsPerThousand: {
        value: units,
        unit: "RRU",
        basis: "measured",
        what: "strongly consistent read of 1,000 subscribers with UUID-sized values",
        source: `${source}, a tenth of it`,
      },
    }),
  } satisfies Partial<Record<keyof Model, Assumption>>;
}
