import type { ColdStarts } from "./coldStart.ts";
import { markdownTable, numberText } from "./markdown.ts";
import { programOf } from "./programs.ts";
import type { Sample } from "./sample.ts";
import type { Scenario } from "./scenarios.ts";
import { isMet, type Results, type Target, targetsOf } from "./targets.ts";

/** How a run came about. */
export interface RunInfo {
  readonly command: string;
  readonly date: Date;
  readonly rounds: number;
  readonly coldStartRounds: number;
  readonly durationSeconds: number;
  readonly nodeVersion: string;
  readonly cores: number;
  readonly cpuModel: string;
  /** Processes that wanted a core in the minute before. */
  readonly loadBefore: number;
}

interface Column {
  readonly title: string;
  value(sample: Sample): number;
}

const COLUMNS: readonly Column[] = [
  { title: "time ms", value: ({ wallMs }) => wallMs },
  { title: "first ms", value: ({ firstMs }) => firstMs },
  { title: "last ms", value: ({ lastMs }) => lastMs },
  { title: "CPU µs/post", value: ({ cpuPerPostUs }) => cpuPerPostUs },
  { title: "endpoint's", value: ({ endpointCpuPerPostUs }) => endpointCpuPerPostUs },
  { title: "RSS MB", value: ({ peakRssMb }) => peakRssMb },
  { title: "heap MB", value: ({ peakHeapMb }) => peakHeapMb },
  { title: "under way", value: ({ maxUnderWay }) => maxUnderWay },
  { title: "Queries", value: ({ queries }) => queries },
  { title: "RRU", value: ({ readUnits }) => readUnits },
  { title: "other calls", value: ({ otherCalls }) => otherCalls },
  { title: "WRU", value: ({ writeUnits }) => writeUnits },
  { title: "posts", value: ({ posts }) => posts },
  { title: "delivered", value: ({ delivered }) => delivered },
  { title: "missing", value: ({ missing }) => missing },
  { title: "twice", value: ({ duplicates }) => duplicates },
];

/** One more column where publishes were repeated; what the endpoint counts of the first one alone is left out. */
const WARM_COLUMNS: readonly Column[] = [
  { title: "first time ms", value: ({ wallMs }) => wallMs },
  { title: "later time ms", value: ({ warmMs }) => warmMs },
  { title: "first ms", value: ({ firstMs }) => firstMs },
  { title: "RSS MB", value: ({ peakRssMb }) => peakRssMb },
  { title: "Queries", value: ({ queries }) => queries },
  { title: "RRU", value: ({ readUnits }) => readUnits },
  { title: "posts", value: ({ posts }) => posts },
];

/** The medians of one scenario as a table. */
export function scenarioTable(scenario: Scenario, results: Results): string {
  const columns = scenario.repeat > 0 ? WARM_COLUMNS : COLUMNS;
  const rows = scenario.programs.flatMap((name) => {
    const sample = results.median(scenario.name, name);
    if (sample === undefined) return [];
    const numbers = columns.map(({ value }) => numberText(value(sample)));
    return [[programOf(name).label, ...numbers]];
  });
  return markdownTable(["program", ...columns.map(({ title }) => title)], rows);
}

/** Every target with what the run says of it. */
export function targetTable(targets: readonly Target[]): string {
  const rows = targets.map((target) => {
    const { what, value, limit, unit } = target;
    const met = isMet(target);
    return [
      what,
      `${numberText(value)} ${unit}`.trim(),
      limit === undefined ? "" : `${limit.kind} ${limit.value} ${unit}`.trim(),
      met === undefined ? "" : met ? "met" : "not met",
    ];
  });
  return markdownTable(["target", "measured", "promised", ""], rows);
}

const APP_LABELS = {
  bare: "SDK alone",
  ours: "this library",
  oursWithZod: "this library and zod",
} as const;

/** What is done to bundle them, for tables and targets. */
const PACKING_LABELS = {
  single: "one file",
  external: "one file, credential providers external",
  split: "split",
} as const;

/** Sizes and times of the bundled handlers. */
export function coldStartTable({ starts }: ColdStarts): string {
  const rows = starts.map((start) => [
    `${APP_LABELS[start.app]}, ${PACKING_LABELS[start.packing]}`,
    ...[
      start.loadedKb,
      start.loadedGzipKb,
      start.shippedKb,
      start.importMs,
      start.connectMs,
      start.totalMs,
    ].map(numberText),
  ]);
  const head = [
    "three handlers",
    "loaded KB",
    "gzip KB",
    "shipped KB",
    "import ms",
    "first $connect ms",
    "both ms",
  ];
  return markdownTable(head, rows);
}

/** Load from which on the machine is not ours alone; an idle one is near 0. */
const BUSY_LOAD = 0.5;

/** Packages that a bundle below this share of it does not list. */
const SMALLEST_KB = 1;

/** What the library's bundle is made of. */
export function packageTable({ starts }: ColdStarts): string {
  const of = (app: string): ReadonlyMap<string, number> =>
    starts.find((start) => start.app === app && start.packing === "external")?.kbByPackage ??
    new Map();
  const bare = of("bare");
  const rows = [...of("ours")]
    .filter(([, kilobytes]) => kilobytes >= SMALLEST_KB)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, size]) => [name, numberText(size), numberText(bare.get(name) ?? Number.NaN)]);
  return markdownTable(["loaded, minified", "this library KB", "SDK alone KB"], rows);
}

/** `RESULTS.md`: fixed text around the numbers of one run. */
export function resultsPage(
  info: RunInfo,
  results: Results,
  scenarios: readonly Scenario[],
): string {
  const { coldStarts } = results;
  const sections = scenarios.map(
    (scenario) => `### ${scenario.title}\n\n${scenarioTable(scenario, results)}`,
  );
  return `${[
    "# Results",
    `\`${info.command}\` on ${info.date.toISOString().slice(0, 10)}: Node ${info.nodeVersion}, ${info.cores} cores (${info.cpuModel}), medians of ${info.rounds}, ${Math.round(info.durationSeconds)} s altogether, load ${numberText(info.loadBefore)} before. Written by the program; what is measured and how is in [README.md](README.md).`,
    ...(info.loadBefore > BUSY_LOAD
      ? [
          "**Other processes were at work during this run: its times say little, its CPU times more.**",
        ]
      : []),
    "![Time by program and growth with the audience](results.svg)",
    "## Targets",
    targetTable(targetsOf(results)),
    "## Publish",
    ...sections,
    ...(coldStarts === undefined
      ? []
      : [
          "## Cold start",
          `Medians of ${info.coldStartRounds} fresh processes. Our own code is ${numberText(coldStarts.own.minifiedKb)} KB minified, ${numberText(coldStarts.own.aloneGzipKb)} KB gzip by itself, and adds ${numberText(coldStarts.own.addedGzipKb)} KB gzip to the bundle.`,
          coldStartTable(coldStarts),
          packageTable(coldStarts),
        ]),
  ].join("\n\n")}\n`;
}
