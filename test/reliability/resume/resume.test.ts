import { expect, it, onTestFinished, vi } from "vitest";
import { seeded } from "../../seeded.ts";
import { report } from "../figures.ts";
import { limitMs, seed, size } from "../size.ts";
import { Crowd } from "./crowd.ts";
import { resumeWorld } from "./world.ts";

const CUTS = Number(process.env["CUTS"] ?? size({ ci: 1_000, soak: 100_000 }));
const VISITORS = 100;
/** Clients wait for this part of their random pauses. */
const PATIENCE = 50;

it(
  `${CUTS} cuts: nobody misses an event without being told of a gap`,
  async () => {
    // The client file waits for up to 30 s where sockets live for less than 10 s, as all do here.
    const chance = seeded(seed + 2);
    const spy = vi.spyOn(Math, "random").mockImplementation(() => chance() / PATIENCE);
    onTestFinished(() => spy.mockRestore());
    const world = await resumeWorld(CUTS, seeded(seed));
    const { audit, counts, reported } = world;
    const crowd = new Crowd(world, seeded(seed + 1));
    onTestFinished(() => crowd.leave());
    const startMs = performance.now();
    await crowd.visit(VISITORS, world.enough);
    const seconds = Math.round((performance.now() - startMs) / 1_000);
    const { cuts, afterTwoHours, moved } = counts;
    world.faults.end();
    await crowd.meet();
    report("resume", {
      ...{ seconds, visitors: VISITORS, cuts, afterTwoHours, moved },
      ...crowd.cuts,
      ...audit.counts,
      missed: audit.missed.size,
      hung: crowd.hung.length,
      violations: audit.violations.length,
      clientErrors: JSON.stringify(crowd.errors),
      reported: JSON.stringify(Object.fromEntries(reported)),
    });
    expect(audit.violations.slice(0, 20)).toEqual([]);
    expect(crowd.hung).toEqual([]);
  },
  limitMs(240_000),
);
