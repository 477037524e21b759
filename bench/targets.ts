import type { App, Packing } from "./coldStart/bundleSize.ts";
import type { ColdStarts } from "./coldStart.ts";
import type { ProgramName } from "./programs.ts";
import type { Sample } from "./sample.ts";
import { FAULT_AUDIENCE, growthScenario, publishScenario, STALE_SHARE } from "./scenarios.ts";

/** One promise of the library, with what a run says of it. */
export interface Target {
  readonly what: string;
  /** `NaN` when the run did not measure it. */
  readonly value: number;
  /** Left out: shown to compare, nothing is promised. */
  readonly limit?: { readonly kind: "at least" | "at most"; readonly value: number };
  readonly unit: "x" | "" | "MB" | "KB" | "RRU";
}

/** What a run measured, for {@link targetsOf}. */
export interface Results {
  /** Field by field the median of the samples; `undefined` for what did not run. */
  median(scenario: string, program: ProgramName): Sample | undefined;
  readonly coldStarts?: ColdStarts;
}

/** Tells whether a target is met; `undefined` when nothing is promised or nothing was measured. */
export function isMet({ value, limit }: Target): boolean | undefined {
  if (limit === undefined || Number.isNaN(value)) return undefined;
  return limit.kind === "at least" ? value >= limit.value : value <= limit.value;
}

/** Works out the ratios that the library is judged by. */
export function targetsOf(results: Results): readonly Target[] {
  const read: Read = (scenario, program, field) =>
    results.median(scenario, program)?.[field] ?? Number.NaN;
  return [
    ...speed(read),
    ...latency(read),
    ...cost(read),
    ...growth(read),
    ...faults(read),
    ...oneSubscriber(read),
    ...(results.coldStarts === undefined ? [] : coldStart(results.coldStarts)),
  ];
}

type Read = (scenario: string, program: ProgramName, field: keyof Sample) => number;

/** A strongly consistent read unit. */
const BYTES_PER_READ_UNIT = 4_096;
/** Most that one Query answers with. */
const BYTES_PER_PAGE = 2 ** 20;

const AT_0_MS = publishScenario(10_000, 0);
const AT_10_MS = publishScenario(10_000, 10);
const AT_30_MS = publishScenario(10_000, 30);

/** A ratio, or a number with its unit. */
type Limit = number | readonly [value: number, unit: Target["unit"]];

function atLeast(what: string, value: number, limit: Limit): Target {
  const [least, unit] = typeof limit === "number" ? ([limit, "x"] as const) : limit;
  return { what, value, limit: { kind: "at least", value: least }, unit };
}

function atMost(what: string, value: number, limit: Limit): Target {
  const [most, unit] = typeof limit === "number" ? ([limit, "x"] as const) : limit;
  return { what, value, limit: { kind: "at most", value: most }, unit };
}

function speed(read: Read): readonly Target[] {
  const wall = (program: ProgramName): number => read(AT_10_MS, program, "wallMs");
  const naive = least([wall("serial"), wall("promiseAll"), wall("pool")]);
  return [
    atLeast(
      "10,000 at 10 ms: speed, of the program by hand in a pool of 64",
      wall("limit") / wall("ours"),
      0.85,
    ),
    {
      what: "the same, of the program by hand in its better pool (64 or 256)",
      value: least([wall("limit"), wall("limitWide")]) / wall("ours"),
      unit: "x",
    },
    atLeast("the same, of the fastest plain SDK program", naive / wall("ours"), 2.4),
    atLeast(
      "the same, postPath send, of the SDK with cacheMiddleware in a pool of 64",
      wall("poolCached") / wall("oursSend"),
      0.9,
    ),
  ];
}

function latency(read: Read): readonly Target[] {
  const slower = (program: ProgramName, scenario: string, than: string): number =>
    read(scenario, program, "wallMs") / read(than, program, "wallMs");
  return [
    atMost("10,000: time at 30 ms, of that at 10 ms", slower("ours", AT_30_MS, AT_10_MS), 1.4),
    {
      what: "the same, program by hand in a pool of 64",
      value: slower("limit", AT_30_MS, AT_10_MS),
      unit: "x",
    },
    atMost("10,000: time at 10 ms, of that at 0 ms", slower("ours", AT_10_MS, AT_0_MS), 1.5),
    atMost(
      "first delivery at 10,000, of that at 100 (10 ms)",
      read(AT_10_MS, "ours", "firstMs") / read(publishScenario(100, 10), "ours", "firstMs"),
      1.5,
    ),
  ];
}

function cost(read: Read): readonly Target[] {
  const cpu = (program: ProgramName): number =>
    read(AT_10_MS, program, "cpuPerPostUs") / read(AT_10_MS, "pool", "cpuPerPostUs");
  const readUnits = read(AT_10_MS, "ours", "readUnits");
  const pages = Math.ceil((readUnits * BYTES_PER_READ_UNIT) / BYTES_PER_PAGE);
  const perThousand = (scenario: string): number => read(scenario, "ours", "readUnits");
  return [
    atMost("CPU for each post, of a stock send", cpu("ours"), 0.4),
    atMost("the same, postPath send", cpu("oursSend"), 0.9),
    atMost(
      "read units for 1,000 subscribers of a filter of two UUID-sized values",
      readUnits / 10,
      [45, "RRU"],
    ),
    atMost(
      "the same for 1,000 among many more others",
      perThousand(growthScenario(1_000)) / perThousand(publishScenario(1_000, 10)),
      1,
    ),
    atMost(
      "Query calls for 10,000, beyond the megabytes read",
      read(AT_10_MS, "ours", "queries") - pages,
      [1, ""],
    ),
  ];
}

function growth(read: Read): readonly Target[] {
  const peak = (audience: number, program: ProgramName): number =>
    read(growthScenario(audience), program, "peakRssMb");
  const grown = (program: ProgramName): number => peak(100_000, program) - peak(1_000, program);
  return [
    atMost(
      "time at 50,000, of that at 5,000",
      read(growthScenario(50_000), "ours", "wallMs") /
        read(growthScenario(5_000), "ours", "wallMs"),
      11,
    ),
    atMost("RSS at 100,000, beyond that at 1,000", grown("ours"), [40, "MB"]),
    { what: "the same, program by hand", value: grown("limitWide"), unit: "MB" },
  ];
}

function faults(read: Read): readonly Target[] {
  const stale = (field: keyof Sample): number => read("stale-10%", "ours", field);
  const calls = (scenario: string): number =>
    read(scenario, "ours", "queries") + read(scenario, "ours", "otherCalls");
  const throttled = (field: keyof Sample): number => read("throttled-5%", "ours", field);
  return [
    atMost(
      "10 % stale: time, of that without",
      stale("wallMs") / read("stale-none", "ours", "wallMs"),
      1.25,
    ),
    atMost("10 % stale: rows of theirs left", stale("staleRowsLeft"), [0, ""]),
    atMost(
      "10 % stale: more DynamoDB calls than without, for each",
      (calls("stale-10%") - calls("stale-none")) / (FAULT_AUDIENCE * STALE_SHARE),
      [1.2, ""],
    ),
    atMost("10 % stale: live subscribers not reached", stale("missing"), [0, ""]),
    atMost("5 % 429: subscribers not reached", throttled("missing"), [0, ""]),
    atMost("5 % 429: frames delivered twice", throttled("duplicates"), [0, ""]),
    atMost(
      "5 % 429: time, of that without",
      throttled("wallMs") / read(AT_10_MS, "ours", "wallMs"),
      1.5,
    ),
  ];
}

function oneSubscriber(read: Read): readonly Target[] {
  const of = (program: ProgramName, field: keyof Sample): number => read("one", program, field);
  return [
    atMost("one subscriber: Query calls", of("ours", "queries"), [1, ""]),
    atMost("one subscriber: other calls to DynamoDB", of("ours", "otherCalls"), [0, ""]),
    atMost("one subscriber: posts for each publish", of("ours", "posts") / of("serial", "posts"), [
      1,
      "",
    ]),
    atMost(
      "one subscriber: time in a warm process, of the two bare calls",
      of("ours", "warmMs") / of("serial", "warmMs"),
      1.2,
    ),
    atMost(
      "one subscriber: time of the first publish, of the two bare calls",
      of("ours", "wallMs") / of("serial", "wallMs"),
      1.2,
    ),
  ];
}

function coldStart({ starts, own }: ColdStarts): readonly Target[] {
  const of = (app: App, packing: Packing): ColdStarts["starts"][number] | undefined =>
    starts.find((start) => start.app === app && start.packing === packing);
  const sizes = (packing: Packing, name: string): readonly Target[] => {
    const { loadedKb = Number.NaN, loadedGzipKb = Number.NaN } = of("ours", packing) ?? {};
    const time = (app: App): number => of(app, packing)?.totalMs ?? Number.NaN;
    return [
      atMost(`bundle, ${name}: minified`, loadedKb, [370, "KB"]),
      atMost(`bundle, ${name}: gzip`, loadedGzipKb, [115, "KB"]),
      atMost(
        `bundle, ${name}: import and first $connect, of the SDK alone`,
        time("ours") / time("bare"),
        1.1,
      ),
    ];
  };
  return [
    ...sizes("external", "credential providers external"),
    ...sizes("split", "split, what is loaded"),
    ...sizes("single", "one file").map(({ limit: _, ...shown }) => shown),
    atMost("our share of the bundle, one file: gzip", own.addedGzipKb, [20, "KB"]),
    atMost("our code in a split bundle, what is loaded: gzip", own.loadedGzipKb, [20, "KB"]),
    { what: "our code alone, gzip", value: own.aloneGzipKb, unit: "KB" },
  ];
}

/** The smallest of what was measured. */
function least(values: readonly number[]): number {
  const measured = values.filter((value) => !Number.isNaN(value));
  return measured.length === 0 ? Number.NaN : Math.min(...measured);
}
