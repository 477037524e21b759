import { afterAll, beforeAll } from "vitest";
import { inVirtualTime } from "../simulation/world.ts";
import { explore } from "./schedules.ts";

inVirtualTime({ beforeAll, afterAll });

explore(
  "two versions of a router on one table",
  {
    async ready(world) {
      const before = world.deploy("before");
      const alice = world.client("alice", before);
      await world.directly(() => alice.connect());
      await world.directly(async () => alice.subscribe(1, "a"));
      return { alice, before };
    },
    async run(world, scheduler, { alice, before }) {
      const [old] = alice.subscriptions;
      await world.scheduled(scheduler, [
        async () => {
          alice.subscribe(2, "b");
          await world.turn("is deployed");
          alice.deployment = world.now;
          if (old !== undefined) alice.stop(old);
          await world.turn("closes");
          alice.close();
        },
        async () => {
          await world.publish("a", { by: "before", from: before });
          await world.publish("b");
        },
      ]);
    },
  },
  { split: true, reports: [/^reported: This connection is closed/] },
);
