/** Entry of `npm run bench:simulate`: what a publish to many takes on AWS, calculated. Writes SIMULATION.md. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { measuredIn } from "./simulation/measured.ts";
import { ASSUMPTIONS, modelOf } from "./simulation/model.ts";
import { outcomeTable, type SimulatedTable, simulationPage } from "./simulation/page.ts";
import { tablesOf } from "./simulation/scenarios.ts";
import { simulate } from "./simulation/simulation.ts";

const SEED = 1;
const RAISED_POSTS_PER_SECOND = 40_000;

const { values } = parseArgs({ options: { seed: { type: "string", default: String(SEED) } } });
const seed = Number.parseInt(values.seed, 10);
const resultsFile = new URL("RESULTS.md", import.meta.url);
const results = existsSync(resultsFile) ? readFileSync(resultsFile, "utf8") : "";
const assumptions = { ...ASSUMPTIONS, ...measuredIn(results) };

const tables: readonly SimulatedTable[] = tablesOf(
  modelOf(assumptions),
  RAISED_POSTS_PER_SECOND,
).map(({ title, model, scenarios }) => {
  const outcomes = scenarios.map((scenario) => simulate(scenario, model, seed));
  process.stdout.write(`${title}\n\n${outcomeTable(outcomes)}\n\n`);
  return { title, outcomes };
});

const page = simulationPage(
  {
    command: ["npm run bench:simulate", ...process.argv.slice(2)].join(" "),
    date: new Date(),
    seed,
    assumptions: Object.values(assumptions),
  },
  tables,
);
writeFileSync(new URL("SIMULATION.md", import.meta.url), page);
process.stdout.write(page.slice(page.indexOf("## What the columns say")));
