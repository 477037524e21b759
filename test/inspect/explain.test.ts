import { initTRPC } from "@trpc/server";
import fc from "fast-check";
import { expect, it } from "vitest";
import { explainPublish } from "../../src/inspect/explain.ts";
import { inspectTable } from "../../src/inspect/inspectTable.ts";
import type { InspectedPublish } from "../../src/inspect/types.ts";
import { START } from "../../src/publisher/job.ts";
import { findMatches } from "../../src/publisher/matches.ts";
import { publisherContext } from "../../src/publisher/publisherOptions.ts";
import type { FilterFields } from "../../src/store/filterKeys.ts";
import { publishKeys } from "../../src/subscriptions/filter.ts";
import {
  APIS,
  FILTERS,
  filtersByPath,
  NOW_MS,
  PATHS,
  POOL,
  populatedTable,
} from "./populatedTable.ts";

const transport = { post: async () => undefined, close: async () => undefined };
const value = fc.oneof(fc.constantFrom(...POOL), fc.constantFrom("input", "room", "1", 1));

function filterOf({ name, ctx, input }: FilterFields): fc.Arbitrary<object> {
  const fields = (names: readonly string[]): fc.Arbitrary<object> =>
    fc.record(Object.fromEntries(names.map((field) => [field, value])));
  const whole = fc.record({
    name: fc.constant(name),
    ...(ctx.length > 0 && { ctx: fields(ctx) }),
    ...(input.length > 0 && { input: fields(input) }),
  });
  const ctxAlone = fc.record({ name: fc.constant(name), ctx: fields(ctx) });
  return ctx.length > 0 ? fc.oneof(whole, ctxAlone) : whole;
}

const filter = fc.oneof(...FILTERS.map(filterOf));
const publish = fc.record(
  {
    path: fc.constantFrom(...PATHS),
    filter: fc.oneof(filter, fc.array(filter, { maxLength: 3 })),
    api: fc.constantFrom(...APIS),
    shards: fc.constantFrom(1, 2, 3),
  },
  { requiredKeys: ["path"] },
) as fc.Arbitrary<InspectedPublish>;

it.each([
  [undefined, 200],
  ["a#b", 100],
] as const)(
  "says that a publish matches exactly when it does, in namespace %s, %i times",
  async (namespace, numRuns) => {
    const { table, store } = await populatedTable(namespace);
    const { tableName, dynamoDBClient } = table;
    const own = namespace === undefined ? {} : { namespace };
    const inspection = await inspectTable({ tableName, dynamoDBClient, now: () => NOW_MS, ...own });
    const router = initTRPC.create().router({});
    const app = { router, store, filters: filtersByPath };
    const tally = { matches: 0, mismatches: 0 };
    await fc.assert(
      fc.asyncProperty(publish, async (address) => {
        const { path, api, shards = 3 } = address;
        const keys = publishKeys(app, path, "filter" in address ? { filter: address.filter } : {});
        const context = publisherContext({ app, transport, api }, {});
        const real: string[] = [];
        for await (const page of findMatches(
          context,
          { path, keys, position: START },
          { shards },
        )) {
          real.push(
            ...page.map(({ route }) => JSON.stringify([route.subscriber.connectionId, route.key])),
          );
        }
        const explained = explainPublish(inspection, address);
        const said = explained.flatMap((one) =>
          one.matches ? [JSON.stringify([one.subscription.connectionId, one.key])] : [],
        );
        expect(said.toSorted()).toEqual(real.toSorted());
        for (const one of explained) {
          if (!one.matches) expect(one.reasons).not.toEqual([]);
          tally[one.matches ? "matches" : "mismatches"]++;
        }
      }),
      { numRuns, seed: 3 },
    );
    // A search that finds nothing would prove nothing.
    expect(tally.matches).toBeGreaterThan(numRuns);
    await table.stop();
  },
);
