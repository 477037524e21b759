/** Entry of `npm run bench`; README.md says what it does and what it takes. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { type LocalDynamoDB, startDynamoDB } from "../src/local/dynamodb.ts";
import { bundleScripts } from "./bundle.ts";
import { chart } from "./chart.ts";
import { monotonicMs } from "./clock.ts";
import { type ColdStarts, measureColdStarts } from "./coldStart.ts";
import { type Endpoint, startEndpoint } from "./endpointControl.ts";
import { numberText } from "./markdown.ts";
import { type Harness, rotated, Samples, takeSample } from "./measure.ts";
import { programOf } from "./programs.ts";
import { coldStartTable, packageTable, resultsPage, scenarioTable, targetTable } from "./report.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { lazyTables } from "./tables.ts";
import { type Results, targetsOf } from "./targets.ts";

const ROUNDS = 3;
const COLD_START_ROUNDS = 15;
const QUICK_COLD_START_ROUNDS = 3;
const COLD_START = "cold-start";

/** What the command line asks for. */
interface Settings {
  readonly rounds: number;
  readonly coldStartRounds: number;
  readonly scenarios: readonly Scenario[];
  readonly coldStart: boolean;
  /** Part of the scenarios does not make a page of results. */
  readonly isWhole: boolean;
}

function settings(): Settings {
  const { values } = parseArgs({
    options: { quick: { type: "boolean", default: false }, only: { type: "string", default: "" } },
  });
  const scenarios = SCENARIOS.filter(({ name }) => name.startsWith(values.only));
  const coldStart = COLD_START.startsWith(values.only);
  if (scenarios.length === 0 && !coldStart) {
    const names = [...SCENARIOS.map(({ name }) => name), COLD_START];
    throw new Error(`--only ${values.only} begins none of ${names.join(", ")}`);
  }
  return {
    rounds: values.quick ? 1 : ROUNDS,
    coldStartRounds: values.quick ? QUICK_COLD_START_ROUNDS : COLD_START_ROUNDS,
    scenarios,
    coldStart,
    isWhole: values.only === "",
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Rounds are outermost: whatever the machine does meanwhile, it does to every program and scenario alike. */
async function takeSamples(harness: Harness, { scenarios, rounds }: Settings): Promise<Samples> {
  const samples = new Samples();
  for (let round = 0; round < rounds; round++) {
    for (const scenario of scenarios) {
      for (const name of rotated(scenario.programs, round)) {
        if (round > 0 && scenario.once.includes(name)) continue;
        const sample = await takeSample(harness, scenario, name);
        samples.add(scenario.name, name, sample);
        const time = `${numberText(Math.round(sample.wallMs))} ms`;
        const of = `${round + 1}/${rounds}`;
        print(`${of} ${scenario.name.padEnd(24)} ${programOf(name).label.padEnd(32)} ${time}`);
      }
    }
  }
  return samples;
}

async function measure(wanted: Settings): Promise<Results> {
  const scriptOf = await bundleScripts();
  let dynamoDB: LocalDynamoDB | undefined;
  let endpoint: Endpoint | undefined;
  try {
    dynamoDB = await startDynamoDB();
    endpoint = await startEndpoint(scriptOf("endpoint"));
    const tables = lazyTables(dynamoDB, print);
    const harness = { dynamoDB, endpoint, scriptOf, ...tables };
    const samples = await takeSamples(harness, wanted);
    await tables.close();
    let coldStarts: ColdStarts | undefined;
    if (wanted.coldStart) {
      print(`${COLD_START}: ${wanted.coldStartRounds} fresh processes for each bundle`);
      coldStarts = await measureColdStarts(dynamoDB, scriptOf, wanted.coldStartRounds);
    }
    return {
      median: (scenario, program) => samples.median(scenario, program),
      ...(coldStarts !== undefined && { coldStarts }),
    };
  } finally {
    await endpoint?.stop();
    await dynamoDB?.stop();
  }
}

function write(results: Results, wanted: Settings, startMs: number): void {
  const [cpu] = cpus();
  const info = {
    command: ["npm run bench", ...process.argv.slice(2)].join(" "),
    date: new Date(),
    rounds: wanted.rounds,
    coldStartRounds: wanted.coldStartRounds,
    durationSeconds: (monotonicMs() - startMs) / 1000,
    nodeVersion: process.versions.node,
    cores: cpus().length,
    cpuModel: cpu?.model ?? "unknown",
    loadBefore,
  };
  const page = resultsPage(info, results, wanted.scenarios);
  writeFileSync(new URL("RESULTS.md", import.meta.url), page);
  writeFileSync(new URL("results.svg", import.meta.url), chart(results));
}

const startMs = monotonicMs();
const [loadBefore = 0] = loadavg();
const wanted = settings();
const results = await measure(wanted);
for (const scenario of wanted.scenarios) {
  print(`\n${scenario.title}\n\n${scenarioTable(scenario, results)}`);
}
if (results.coldStarts !== undefined) {
  print(`\n${coldStartTable(results.coldStarts)}\n\n${packageTable(results.coldStarts)}`);
}
const measured = targetsOf(results).filter(({ value }) => !Number.isNaN(value));
if (measured.length > 0) print(`\n${targetTable(measured)}`);
if (wanted.isWhole) write(results, wanted, startMs);
