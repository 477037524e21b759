import { afterAll, beforeAll } from "vitest";
import { inVirtualTime } from "../simulation/world.ts";
import { explore } from "./schedules.ts";

inVirtualTime({ beforeAll, afterAll });

explore(
  "duplicate invocations",
  {
    async ready(world) {
      const alice = world.client("alice");
      await world.directly(() => alice.connect());
      return alice;
    },
    async run(world, scheduler, alice) {
      world.gateway.copies = 2;
      await world.scheduled(scheduler, [
        async () => {
          const first = alice.subscribe(1, "a");
          await world.until(() => first.startedAt !== undefined);
          alice.subscribe(2, "b");
          alice.stop(first);
        },
      ]);
    },
  },
  { split: true },
);
