import { afterAll, beforeAll } from "vitest";
import { inVirtualTime } from "../simulation/world.ts";
import { explore } from "./schedules.ts";

inVirtualTime({ beforeAll, afterAll });

explore(
  "subscribe, stop, the same id again",
  {
    async ready(world) {
      const alice = world.client("alice");
      await world.directly(() => alice.connect());
      return alice;
    },
    run: (world, scheduler, alice) =>
      world.scheduled(scheduler, [
        async () => {
          const first = alice.subscribe(1, "a");
          await world.turn("stops");
          alice.stop(first);
          await world.turn("subscribes again");
          alice.subscribe(1, "b");
        },
      ]),
  },
  // The stop is waited for, but not for ever: calls are faster than the pauses between two looks.
  { split: true, anyTimePauseMs: 0 },
);
