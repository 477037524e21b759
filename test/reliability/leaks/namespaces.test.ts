import { expect, it } from "vitest";
import { report } from "../figures.ts";
import { SimulatedTable } from "../simulation/table.ts";
import { limitMs, seed, size } from "../size.ts";
import { LeakWorld } from "./leakWorld.ts";
import { Population } from "./population.ts";
import { simulatedStore } from "./simulatedStore.ts";
import { populate, publishAll } from "./traffic.ts";

/** Each begins, or looks like the keys of, another one. */
const namespaces: readonly (string | undefined)[] = [
  ...[undefined, "", "a", "A", "ab", "a#", "a#b", "a%23b", "a%2523b", "a#path", "namespace#a"],
  ...["\u00e9", "e\u0301", "a\0", "#", "%", "path#a", "connection#c0"],
];

/** Together with their stages the first three are the same letters. */
const apis = [
  { apiId: "a1", stage: "prod" },
  { apiId: "a1p", stage: "rod" },
  { apiId: "a", stage: "1prod" },
  { apiId: "a1", stage: "prod2" },
  { apiId: "a1", stage: "Prod" },
];

it(
  "namespaces, APIs and stages with the same names on one table never meet",
  async () => {
    const table = new SimulatedTable();
    const people = { tenants: 10, connectionsPerTenant: 5, subscriptionsPerConnection: 4 };
    const publishes = size({ ci: 100, soak: 10_000 });
    const worlds = await Promise.all(
      namespaces.map(async (namespace, index) => {
        const world = new LeakWorld({ store: simulatedStore(table, namespace), apis });
        // The same seed: the same connections, ids and values in all of them.
        const population = new Population({ ...people, apis: apis.length }, seed);
        await populate(world, population);
        population.reseed(seed + index);
        return { namespace, world, population };
      }),
    );
    await Promise.all(
      worlds.map(({ world, population }) =>
        publishAll(world, population, { publishes, rounds: 4, wide: 0.1 }),
      ),
    );
    const sum = (name: keyof LeakWorld["figures"]): number =>
      worlds.reduce((total, { world }) => total + world.figures[name], 0);
    report("namespaces", {
      namespaces: namespaces.length,
      apis: apis.length,
      publishes: sum("publishes"),
      deliveries: sum("deliveries"),
      ended: sum("ended"),
      leaks: sum("leaks"),
      missed: sum("missed"),
      twice: sum("twice"),
    });
    for (const { namespace, world } of worlds) {
      expect(world.faults, `namespace ${String(namespace)}`).toEqual([]);
      expect(world.figures.deliveries).toBeGreaterThan(publishes / 4);
    }
  },
  limitMs(300_000),
);
