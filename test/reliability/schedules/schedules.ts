import fc, { type Scheduler } from "fast-check";
import { expect, it } from "vitest";
import { report } from "../figures.ts";
import { faultsOf } from "../simulation/checker.ts";
import { SimulatedWorld, type WorldOptions } from "../simulation/world.ts";
import { limitMs, seed, size } from "../size.ts";

/** A race between things that happen side by side. */
export interface Race<Actors> {
  /** Makes a world ready for it. */
  ready(world: SimulatedWorld): Promise<Actors>;
  run(world: SimulatedWorld, scheduler: Scheduler, actors: Actors): Promise<void>;
  /** Everything that is wrong after a round, in words. @defaultValue what {@link faultsOf} says */
  faults?(world: SimulatedWorld, actors: Actors): readonly string[];
}

/** Schedules of one world, one after the other: it is put back to where it was ready, and what is deployed stays. */
const ROUNDS = 10;

/** How a race is explored. */
export interface Exploration extends WorldOptions {
  /** Errors that our code is right to report in this race. */
  readonly reports?: readonly RegExp[];
  /** Of the schedules that the other races run. @defaultValue 1 */
  readonly share?: number;
}

/** Registers a test that runs a race in as many schedules as there is time for. */
export function explore<Actors>(
  name: string,
  race: Race<Actors>,
  { reports = [], share = 1, ...options }: Exploration = {},
): void {
  const schedules = Math.round(share * size({ ci: 2_000, soak: 2_000_000 }));
  it(
    name,
    async () => {
      let steps = 0;
      const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const world = new SimulatedWorld(options);
        const actors = await race.ready(world);
        const check = (when: string): void => {
          const isWrong = (fault: string): boolean => !reports.some((known) => known.test(fault));
          const faults = race.faults?.(world, actors) ?? faultsOf(world);
          expect(faults.filter(isWrong), when).toEqual([]);
        };
        const putBack = world.remember();
        for (let round = 1; round <= ROUNDS; round++) {
          putBack();
          await race.run(world, scheduler, actors);
          check(`in round ${round}`);
        }
        steps += scheduler.report().length;
        // Not in every round, and last, since it would clean up what was left.
        await world.directly(() => world.publish("a"));
        await world.directly(() => world.publish("b"));
        check("when published to");
      });
      await fc.assert(property, { numRuns: Math.ceil(schedules / ROUNDS), seed });
      report(name, { schedules, steps });
    },
    limitMs(900_000),
  );
}
