import { inspect } from "node:util";
import { expect, it } from "vitest";
import { canonicalFields } from "../../../src/store/filterKeys.ts";
import { keysOf } from "../../../src/store/keys.ts";
import { type PartitionQuery, partitionsOf } from "../../../src/store/partitions.ts";
import { routeKeys } from "../../../src/store/rows.ts";
import type { RowKey } from "../../../src/store/types.ts";
import { publishKeys, subscriberRoutes } from "../../../src/subscriptions/filter.ts";
import { report } from "../figures.ts";
import { limitMs, seed, size } from "../size.ts";
import { differences, Families, type Relative, subscribedValues } from "./families.ts";
import type { Fields } from "./oracle.ts";
import { declarations, routes } from "./routes.ts";

const FAMILY = 16;
const api = { apiId: "a1b2c3d4e5", stage: "prod" };
const filters = declarations.map(({ name, ctx, input, optional = [] }) => ({
  name,
  ctx: canonicalFields(ctx),
  input: canonicalFields(input),
  optional: { ctx: optional, input: optional },
}));
const app = { filters: new Map([...routes.keys()].map((path) => [path, filters])) };
const times = { connectedAt: 1, expireAt: 2, requestTimeMs: 3 };

/** Every row that a subscription is found by. */
function rowsOf(relative: Relative): readonly RowKey[] {
  const { namespace, path, connectionId } = relative;
  const shards = routes.get(path) ?? 1;
  const values = subscribedValues(relative);
  return routeKeys(
    keysOf(namespace),
    { ...times, connectionId, api, paramsExpected: false },
    {
      ...times,
      ...{ id: 1, jsonrpc: false, messageId: "m", path, shards },
      routes: subscriberRoutes(app, { path, ctx: values, input: values }),
    },
  );
}

/** What a publish asks the table for. */
function queriesOf(relative: Relative): readonly PartitionQuery[] {
  const { namespace, path, values, isCtxOnly } = relative;
  const { name, ctx, input } = declarations[relative.filter] ?? { name: "", ctx: [], input: [] };
  const some = (fields: readonly string[]): Fields =>
    Object.fromEntries(fields.map((field) => [field, Reflect.get(values, field)]));
  const filter = { name, ctx: some(ctx), ...(!isCtxOnly && { input: some(input) }) };
  const keys = keysOf(namespace);
  return publishKeys(app, path, { filter }).flatMap((key) =>
    partitionsOf(keys, { path, shards: routes.get(path) ?? 1, ...(key && { filter: key }) }),
  );
}

it(
  "a publish's prefix begins the key of a row exactly when the values are equal, a million pairs",
  () => {
    const wanted = size({ ci: 1_000_000, soak: 100_000_000 });
    const families = new Families(seed);
    const tally = { pairs: 0, equal: 0, differentInOne: 0 };
    let wrong: readonly unknown[] = [];
    while (tally.pairs < wanted && wrong.length === 0) {
      const family = families.next(FAMILY);
      const stored = family.map(rowsOf);
      for (const [from, publish] of family.entries()) {
        const queries = queriesOf(publish);
        for (const [to, subscriber] of family.entries()) {
          if (from === to) continue;
          const different = differences(publish, subscriber);
          const expected = different === 0 ? 1 : 0;
          const found = (stored[to] ?? []).filter(({ pk, sk }) =>
            queries.some((query) => query.pk === pk && sk.startsWith(query.prefix)),
          ).length;
          tally.pairs++;
          if (different === 0) tally.equal++;
          if (different === 1) tally.differentInOne++;
          if (found !== expected) wrong = [{ found, expected, publish, subscriber, ...tally }];
        }
      }
    }
    const { pairs, equal, differentInOne } = tally;
    report("prefixes", { ...tally, unequal: pairs - equal });
    expect(wrong, `seed ${seed}: ${inspect(wrong, { depth: 5 })}`).toEqual([]);
    // Both answers were asked for often.
    expect(equal).toBeGreaterThan(wanted / 5);
    expect(differentInOne).toBeGreaterThan(wanted / 5);
  },
  limitMs(300_000),
);
