import { afterAll, beforeAll } from "vitest";
import { inVirtualTime } from "../simulation/world.ts";
import { explore } from "./schedules.ts";

inVirtualTime({ beforeAll, afterAll });

explore("two publishers", {
  async ready(world) {
    const [alice, bob] = [world.client("alice"), world.client("bob")];
    await world.directly(() => Promise.all([alice.connect(), bob.connect()]));
    await world.directly(async () => {
      alice.subscribe(1, "a");
      bob.subscribe(1, "b");
    });
    return { bob, other: world.deploy() };
  },
  run: (world, scheduler, { bob, other }) =>
    world.scheduled(scheduler, [
      async () => {
        await world.publish("a");
        await world.publish("a");
      },
      async () => {
        await world.publish("a", { by: "other", from: other });
        await world.publish("b", { by: "other", from: other, userId: "bob" });
      },
      async () => {
        bob.close();
      },
    ]),
});
