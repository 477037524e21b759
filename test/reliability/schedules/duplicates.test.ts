import { afterAll, beforeAll } from "vitest";
import { inVirtualTime } from "../simulation/world.ts";
import { explore } from "./schedules.ts";

inVirtualTime({ beforeAll, afterAll });

explore(
  "duplicate invocations",
  async (world, scheduler) => {
    const alice = world.client("alice");
    await world.directly(() => alice.connect());
    world.gateway.copies = 2;
    await world.scheduled(scheduler, [
      async () => {
        const first = alice.subscribe(1, "a");
        await world.until(() => first.startedAt !== undefined);
        alice.subscribe(2, "b");
        alice.stop(first);
      },
    ]);
    world.gateway.copies = 1;
  },
  { split: true },
);
