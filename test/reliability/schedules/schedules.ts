import fc, { type Scheduler } from "fast-check";
import { expect, it } from "vitest";
import { report } from "../figures.ts";
import { faultsOf } from "../simulation/checker.ts";
import { SimulatedWorld, type WorldOptions } from "../simulation/world.ts";
import { limitMs, seed, size } from "../size.ts";

/** What happens side by side in a race, in a world that is ready. */
export type Race = (world: SimulatedWorld, scheduler: Scheduler) => Promise<void>;

/** How a race is explored. */
export interface Exploration extends WorldOptions {
  /** Errors that our code is right to report in this race. */
  readonly reports?: readonly RegExp[];
}

/** Registers a test that runs a race in as many schedules as there is time for. */
export function explore(
  name: string,
  race: Race,
  { reports = [], ...options }: Exploration = {},
): void {
  const schedules = size({ ci: 3_000, soak: 2_000_000 });
  it(
    name,
    async () => {
      let steps = 0;
      const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const world = new SimulatedWorld(options);
        await race(world, scheduler);
        steps += scheduler.report().length;
        const isWrong = (fault: string): boolean => !reports.some((report) => report.test(fault));
        // A publish would clean up what was left.
        expect(faultsOf(world).filter(isWrong)).toEqual([]);
        await world.directly(() => world.publish("a"));
        await world.directly(() => world.publish("b"));
        expect(faultsOf(world).filter(isWrong)).toEqual([]);
      });
      await fc.assert(property, { numRuns: schedules, seed });
      report(name, { schedules, steps });
    },
    limitMs(180_000),
  );
}
