import { afterAll, beforeAll } from "vitest";
import { inVirtualTime } from "../simulation/world.ts";
import { explore } from "./schedules.ts";

inVirtualTime({ beforeAll, afterAll });

explore(
  "publish, subscribe",
  {
    async ready(world) {
      const [alice, bob] = [world.client("alice"), world.client("bob")];
      await world.directly(() => Promise.all([alice.connect(), bob.connect()]));
      await world.directly(async () => bob.subscribe(1, "a"));
      return { alice, bob };
    },
    run: (world, scheduler, { alice, bob }) =>
      world.scheduled(scheduler, [
        async () => {
          const subscription = alice.subscribe(1, "a");
          await world.until(() => subscription.startedAt !== undefined);
          await world.publish("a");
        },
        async () => {
          await world.publish("a", { by: "other" });
          await world.turn("closes");
          bob.close();
        },
      ]),
  },
  // One row a page: rows come and go between two pages.
  { pageItems: 1 },
);
