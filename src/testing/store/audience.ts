import assert from "node:assert/strict";
import type { FilterField } from "../../store/filterKeys.ts";
import { everyone, filtered, frame, PATH, type StoreCase, type World } from "./world.ts";

/** DynamoDB cuts a page of a query at this size: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html */
const PAGE_BYTES = 1024 * 1024;

const ids = (count: number): readonly number[] => Array.from({ length: count }, (_, id) => id);

async function audience(world: World, prefix: string, shards: number): Promise<readonly string[]> {
  const names = ids(40).map((index) => `${prefix}${index}`);
  const subscribers = names.map(async (name) => {
    const routes = [everyone, filtered("f", [["v", 1]])];
    await world.subscribe(await world.connect(name), frame({ shards, routes }));
  });
  await Promise.all(subscribers);
  return names.map((name) => `${name}/1`);
}

/** Many subscribers of one route. */
export const audienceCases: readonly StoreCase[] = [
  {
    name: "a sharded route finds everybody once, by its filters too",
    async run(world) {
      const everybody = (await audience(world, "c", 4)).toSorted();
      assert.deepEqual(await world.find({ shards: 4 }), everybody);
      assert.deepEqual(await world.find({ ...filtered("f", [["v", 1]]), shards: 4 }), everybody);
      assert.notDeepEqual(await world.find({ shards: 1 }), everybody, "nothing was sharded");
      for (const subscriber of everybody) {
        await world.store.disconnect(subscriber.split("/")[0] ?? "");
      }
      assert.equal(await world.rows(), 0);
    },
  },
  {
    name: "raising the number of shards loses nobody",
    async run(world) {
      const before = await audience(world, "before", 1);
      assert.deepEqual(await world.find({ shards: 3 }), before.toSorted());
      const after = await audience(world, "after", 3);
      assert.deepEqual(await world.find({ shards: 3 }), [...before, ...after].toSorted());
    },
  },
  {
    name: "an audience of more than one page is found whole",
    async run({ store, connect, subscribe, find }) {
      const wide: readonly FilterField[] = ids(5).map((index) => [`f${index}`, "w".repeat(128)]);
      const address = filtered("wide", wide);
      const connections = Math.ceil(PAGE_BYTES / address.filter.length / 100) + 2;
      for (const index of ids(connections)) {
        const connection = await connect(`c${index}`);
        const frames = ids(100).map((id) => frame({ id, routes: [address] }));
        await subscribe(connection, ...frames);
      }
      const expected = ids(connections).flatMap((index) => ids(100).map((id) => `c${index}/${id}`));
      assert.ok(expected.length * address.filter.length > PAGE_BYTES);
      assert.deepEqual(await find(address), expected.toSorted());
      // A reader may leave before the end.
      for await (const page of store.findRoutes({ ...address, shards: 1 })) {
        assert.ok(page.length > 0);
        break;
      }
    },
  },
  {
    name: "subscribers that were there before the search are found while others come and go",
    async run(world) {
      const before = await audience(world, "before", 2);
      const { store } = world;
      const coming = audience(world, "coming", 2);
      const found: string[] = [];
      for await (const page of store.findRoutes({ path: PATH, shards: 2 })) {
        found.push(...page.map(({ subscriber }) => `${subscriber.connectionId}/1`));
      }
      await coming;
      assert.deepEqual(
        found.filter((name) => name.startsWith("before")).toSorted(),
        before.toSorted(),
      );
      assert.equal(new Set(found).size, found.length);
    },
  },
];
