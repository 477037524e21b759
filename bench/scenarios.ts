import { PROGRAMS, type ProgramName } from "./programs.ts";

/** One situation in which programs are compared. */
export interface Scenario {
  /** For `--only`, and for the targets. */
  readonly name: string;
  /** What it is, for headings. */
  readonly title: string;
  /** Which table it reads. */
  readonly table: "crowd" | "stale" | "growth";
  /** Subscribers that are addressed. */
  readonly audience: number;
  readonly latencyMs: number;
  /** Share of the audience whose connections are closed. */
  readonly staleShare: number;
  /** Share of the audience whose first post is refused with 429. */
  readonly throttledShare: number;
  readonly programs: readonly ProgramName[];
  /** Those of them that take so long that one sample must do. */
  readonly once: readonly ProgramName[];
  /** Publishes after the measured one, in the same process. */
  readonly repeat: number;
}

/** Route rows of the tables `crowd` and `stale`. */
export const CROWD_ROWS = 30_000;
/** Audiences within the table `crowd`. */
export const CROWD_AUDIENCES: readonly number[] = [1, 100, 1_000, 10_000];
/** Audiences of the growth sweep, in a table of their own. */
export const GROWTH_AUDIENCES: readonly number[] = [1_000, 5_000, 50_000, 100_000];
/** Size of the audience in the scenarios with faults. */
export const FAULT_AUDIENCE = 10_000;
/** Share of it that is stale. */
export const STALE_SHARE = 0.1;

/** Posting one after another takes this long at most, or is left out. */
const MAX_SERIAL_MS = 20_000;
/** If it takes longer than this, it does so once. */
const LONG_SERIAL_MS = 5_000;
/** What one of them takes beside the latency, roughly. */
const SERIAL_POST_MS = 1.5;
const WARM_PUBLISHES = 200;

const PLAIN = { table: "crowd", staleShare: 0, throttledShare: 0, repeat: 0, once: [] } as const;

const everyProgram = PROGRAMS.map(({ name }) => name);

/** Name of a scenario without faults. */
export function publishScenario(audience: number, latencyMs: number): string {
  return `publish-${audience}-at-${latencyMs}ms`;
}

/** Name of a scenario of the growth sweep. */
export function growthScenario(audience: number): string {
  return `growth-${audience}`;
}

function publishTo(audience: number, latencyMs: number): Scenario {
  const serialMs = audience * (latencyMs + SERIAL_POST_MS);
  return {
    ...PLAIN,
    name: publishScenario(audience, latencyMs),
    title: `${audience.toLocaleString("en")} of ${CROWD_ROWS.toLocaleString("en")} rows, ${latencyMs} ms`,
    audience,
    latencyMs,
    programs:
      serialMs > MAX_SERIAL_MS ? everyProgram.filter((name) => name !== "serial") : everyProgram,
    once: serialMs > LONG_SERIAL_MS ? ["serial"] : [],
  };
}

/** Every scenario, in the order they run. */
export const SCENARIOS: readonly Scenario[] = [
  {
    ...PLAIN,
    name: "one",
    title: `One subscriber, 0 ms, and ${WARM_PUBLISHES} more publishes in the same process`,
    audience: 1,
    latencyMs: 0,
    programs: ["serial", "poolCached", "oursSend", "ours", "limit"],
    repeat: WARM_PUBLISHES,
  },
  ...[0, 10].flatMap((latencyMs) =>
    CROWD_AUDIENCES.map((audience) => publishTo(audience, latencyMs)),
  ),
  publishTo(10_000, 30),
  {
    ...PLAIN,
    name: "stale-none",
    title: "10,000 subscribers, 10 ms, none stale",
    table: "stale",
    audience: FAULT_AUDIENCE,
    latencyMs: 10,
    programs: ["ours"],
  },
  {
    ...PLAIN,
    name: "stale-10%",
    title: "10,000 subscribers, 10 ms, 10 % stale",
    table: "stale",
    audience: FAULT_AUDIENCE,
    latencyMs: 10,
    staleShare: STALE_SHARE,
    programs: ["ours"],
  },
  {
    ...PLAIN,
    name: "throttled-5%",
    title: "10,000 subscribers, 10 ms, 5 % answer the first post with 429",
    audience: FAULT_AUDIENCE,
    latencyMs: 10,
    throttledShare: 0.05,
    programs: ["ours"],
  },
  ...GROWTH_AUDIENCES.map(
    (audience): Scenario => ({
      ...PLAIN,
      name: growthScenario(audience),
      title: `Growth: ${audience.toLocaleString("en")} subscribers, 10 ms`,
      table: "growth",
      audience,
      latencyMs: 10,
      programs: ["ours", "limitWide"],
    }),
  ),
];
