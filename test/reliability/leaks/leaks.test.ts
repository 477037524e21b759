import { expect, it } from "vitest";
import { report } from "../figures.ts";
import { SimulatedTable } from "../simulation/table.ts";
import { limitMs, seed, size } from "../size.ts";
import { LeakWorld } from "./leakWorld.ts";
import { Population } from "./population.ts";
import { simulatedStore } from "./simulatedStore.ts";
import { populate, publishAll } from "./traffic.ts";

it(
  "100 tenants with 100 subscriptions each: every publish reaches exactly whom it is for",
  async () => {
    const apis = ["prod", "prod2"].map((stage) => ({ apiId: "a1b2c3d4e5", stage }));
    const world = new LeakWorld({ store: simulatedStore(new SimulatedTable()), apis });
    const people = { tenants: 100, connectionsPerTenant: 10, subscriptionsPerConnection: 10 };
    const population = new Population({ ...people, apis: apis.length }, seed);
    await populate(world, population);
    expect(world.subscriptions.size).toBe(10_000);
    const publishes = size({ ci: 10_000, soak: 1_000_000 });
    const rounds = size({ ci: 5, soak: 100 });
    await publishAll(world, population, { publishes, rounds, wide: 0.000_4 });
    report("leaks", { tenants: 100, subscriptions: world.subscriptions.size, ...world.figures });
    expect(world.faults).toEqual([]);
    expect(world.figures.deliveries).toBeGreaterThan(publishes);
    expect(world.figures.ended).toBeGreaterThan(rounds);
  },
  limitMs(300_000),
);
