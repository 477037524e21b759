import { afterAll, beforeAll } from "vitest";
import { inVirtualTime } from "../simulation/world.ts";
import { explore } from "./schedules.ts";

inVirtualTime({ beforeAll, afterAll });

explore(
  "subscribe, disconnect",
  {
    async ready(world) {
      const alice = world.client("alice");
      await world.directly(() => alice.connect());
      return alice;
    },
    run: (world, scheduler, alice) =>
      world.scheduled(scheduler, [
        async () => {
          alice.subscribe(1, "a");
          await world.turn("closes");
          alice.close();
        },
      ]),
  },
  // Where `$disconnect` reads between two items of a subscribe, only the answer to `started` tells of the close.
  { split: true, reports: [/^reported: This connection is closed/] },
);
