import { expect, it, onTestFinished, vi } from "vitest";
import { seeded } from "../../seeded.ts";
import { report } from "../figures.ts";
import { limitMs, seed, size } from "../size.ts";
import { Crowd } from "./crowd.ts";
import { resumeWorld } from "./world.ts";

const CUTS = Number(process.env["CUTS"] ?? size({ ci: 1_000, soak: 100_000 }));
const CUTS_AFTER_TWO_HOURS = size({ ci: 60, soak: 3_000 });
/** Clients wait for this part of their random pauses. */
const PATIENCE = 50;

/** Who comes, and how sockets end. */
interface Scenario {
  readonly visitors: number;
  readonly cuts: number;
  /** Beside what the gateway does when two hours are over. */
  readonly areCut: boolean;
  /** What is two hours in API Gateway. */
  readonly maxConnectionMs: number;
}

/** Lets visitors lose their sockets, and expects that they miss nothing. @returns what happened to sockets */
async function loseSockets(name: string, scenario: Scenario): Promise<Record<string, number>> {
  const { visitors, cuts, areCut, maxConnectionMs } = scenario;
  // The client file waits for up to 30 s where sockets live for less than 10 s, as all do here.
  const chance = seeded(seed + 2);
  const spy = vi.spyOn(Math, "random").mockImplementation(() => chance() / PATIENCE);
  onTestFinished(() => spy.mockRestore());
  const world = await resumeWorld({ cuts, maxConnectionMs, random: seeded(seed) });
  const { audit, counts, reported } = world;
  const crowd = new Crowd(world, seeded(seed + 1));
  onTestFinished(() => crowd.leave());
  const startMs = performance.now();
  await crowd.visit(visitors, { over: world.enough, areCut });
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  const { afterTwoHours, moved } = counts;
  const seen = { cuts: counts.cuts, afterTwoHours, moved };
  world.faults.end();
  await crowd.meet();
  report(name, {
    ...{ seconds, visitors, ...seen },
    ...crowd.cuts,
    ...audit.counts,
    missed: audit.missed.size,
    hung: crowd.hung.length,
    violations: audit.violations.length,
    clientErrors: JSON.stringify(crowd.errors),
    reported: JSON.stringify(Object.fromEntries(reported)),
    seed,
  });
  expect(audit.violations.slice(0, 20)).toEqual([]);
  expect(crowd.hung).toEqual([]);
  return seen;
}

it(
  `${CUTS} cuts: nobody misses an event without being told of a gap`,
  async () => {
    // A busy machine needs seconds to bring a hundred clients back, so two hours are long enough for them.
    await loseSockets("resume", {
      visitors: 100,
      cuts: CUTS,
      areCut: true,
      maxConnectionMs: 20_000,
    });
  },
  limitMs(240_000),
);

it(
  `${CUTS_AFTER_TWO_HOURS} cuts after two hours, scaled to 3 s: nobody misses an event`,
  async () => {
    const { afterTwoHours, moved } = await loseSockets("resume after two hours", {
      visitors: 20,
      cuts: CUTS_AFTER_TWO_HOURS,
      areCut: false,
      maxConnectionMs: 3_000,
    });
    expect(afterTwoHours).toBeGreaterThanOrEqual(CUTS_AFTER_TWO_HOURS * 0.9);
    expect(moved).toBeGreaterThan(0);
  },
  limitMs(120_000),
);
