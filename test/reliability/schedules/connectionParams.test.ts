import { afterAll, beforeAll, expect } from "vitest";
import { inVirtualTime } from "../simulation/world.ts";
import { explore } from "./schedules.ts";

inVirtualTime({ beforeAll, afterAll });

explore(
  "connectionParams, subscribe",
  {
    async ready(world) {
      const alice = world.client("alice");
      await world.directly(() => alice.connect({ user: "unknown", connectionParams: "1" }));
      return alice;
    },
    async run(world, scheduler, alice) {
      await world.scheduled(scheduler, [
        async () => {
          alice.sendParams({ user: "alice" });
          // Sent without waiting, as tRPC's client does.
          alice.subscribe(1, "a");
          await world.turn("sends others");
          alice.sendParams({ user: "mallory" });
          alice.subscribe(2, "b");
        },
      ]);
      // Whichever is stored first counts, for both subscriptions.
      const users = [...world.table.items()].flatMap(
        ({ sk }) => /ctx#userId#([^#]+)/.exec(String(sk))?.[1] ?? [],
      );
      expect(users).toEqual([users[0], users[0]]);
      expect(["alice", "mallory"]).toContain(users[0]);
    },
  },
  // They are waited for 3 seconds, which no call takes.
  { anyTimePauseMs: 0, reports: [/^reported: connectionParams were sent before/] },
);
