import { DeleteCommand, DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import fc from "fast-check";
import { dynamodb, type Store } from "../../src/index.ts";
import type { FilterFields } from "../../src/store/filterKeys.ts";
import type { ApiReference, NewSubscription } from "../../src/store/types.ts";
import { subscriberRoutes } from "../../src/subscriptions/filter.ts";
import { createTestTable, type TestTable } from "../testTable.ts";
import { scalar } from "../unit/store/arbitraries.ts";

export const NOW_MS = 1_800_000_000_000;
export const PATHS = ["onPing", "chat.onMessage", "p#a"] as const;
export const APIS: readonly ApiReference[] = [
  { apiId: "a1", stage: "prod" },
  { apiId: "a1", stage: "dev" },
];
const NAMES = ["user", "room", "userAndRoom", "name#x", "nothing", "watch"] as const;

/** The same filters on every path; some fields have names that could be taken for sections of a key. */
export const FILTERS: readonly FilterFields[] = [
  { name: NAMES[0], ctx: ["user"], input: [] },
  { name: NAMES[1], ctx: [], input: ["room"] },
  { name: NAMES[2], ctx: ["user"], input: ["input", "room"] },
  { name: NAMES[3], ctx: ["input", "user"], input: ["room"] },
  { name: NAMES[4], ctx: [], input: [] },
  {
    name: NAMES[5],
    ctx: ["user"],
    input: ["input", "room"],
    optional: { ctx: ["user"], input: ["room"] },
  },
];
export const filtersByPath: ReadonlyMap<string, readonly FilterFields[]> = new Map(
  PATHS.map((path) => [path, FILTERS]),
);

/** What the subscribers and the publishes share, so that many of them meet. */
export const POOL = fc.sample(scalar, { numRuns: 12, seed: 5 });
const value = fc.oneof(fc.constantFrom(...POOL), fc.constantFrom("input", "room", "1", 1));

/** What was done to a subscription after it was stored. */
const fate = fc.constantFrom(
  "lives",
  "lives",
  "stops",
  "closes",
  "expires",
  "losesARow",
  "losesItself",
);

const story = fc.record({
  path: fc.constantFrom(...PATHS),
  api: fc.constantFrom(...APIS),
  shards: fc.constantFrom(1, 3),
  input: fc.record({ room: value, input: value }, { requiredKeys: [] }),
  ctx: fc.record({ user: value, input: value }, { requiredKeys: [] }),
  fate,
});

/** A table with a hundred subscriptions to which something happened. */
export async function populatedTable(
  namespace: string | undefined,
): Promise<{ readonly table: TestTable; readonly store: Store }> {
  const table = await createTestTable();
  const { tableName, dynamoDBClient } = table;
  const options = { tableName, dynamoDBClient, now: () => NOW_MS };
  const store = dynamodb({ ...options, ...(namespace !== undefined && { namespace }) });
  const stories = fc.sample(story, { numRuns: 100, seed: 7 });
  await Promise.all(
    stories.map(async (one, index) => {
      const connectionId = `c${index}`;
      const expireAt = NOW_MS / 1000 + 60;
      const { api } = one;
      const opened = { connectionId, api, connectedAt: NOW_MS, expireAt, paramsExpected: false };
      const wanted: NewSubscription = {
        id: index % 2 === 0 ? index : `${index}`,
        jsonrpc: index % 3 === 0,
        requestTimeMs: NOW_MS + index,
        messageId: `m${index}`,
        path: one.path,
        routes: subscriberRoutes({ filters: filtersByPath }, one),
        shards: one.shards,
      };
      await store.connect(opened);
      await store.subscribe(opened, [wanted]);
      await meetFate(one.fate, { table, store, connectionId, wanted });
    }),
  );
  return { table, store };
}

async function meetFate(
  fate: string,
  of: {
    readonly table: TestTable;
    readonly store: Store;
    readonly connectionId: string;
    readonly wanted: NewSubscription;
  },
): Promise<void> {
  const { store, connectionId, wanted, table } = of;
  const client = DynamoDBDocumentClient.from(table.observer);
  const own = async (): Promise<readonly { readonly pk: string; readonly sk: string }[]> =>
    (await table.rows()).filter(({ pk, sk }) =>
      `${pk}#${sk}#`.includes(`connection#${connectionId}#`),
    );
  const TableName = table.tableName;
  switch (fate) {
    case "stops":
      await store.stop({ connectionId, id: wanted.id, requestTimeMs: wanted.requestTimeMs + 1 });
      return;
    case "closes":
      await store.disconnect(connectionId);
      return;
    case "expires":
      for (const { pk, sk } of await own()) {
        const UpdateExpression = "SET expireAt = :past";
        const ExpressionAttributeValues = { ":past": NOW_MS / 1000 };
        const update = { TableName, Key: { pk, sk }, UpdateExpression, ExpressionAttributeValues };
        await client.send(new UpdateCommand(update));
      }
      return;
    case "losesARow": {
      const [, route] = (await own()).filter(({ pk }) => pk.includes("path#"));
      if (route === undefined) return;
      const Key = { pk: route.pk, sk: route.sk };
      await client.send(new DeleteCommand({ TableName, Key }));
      return;
    }
    case "losesItself":
      for (const { pk, sk } of await own()) {
        if (!sk.startsWith("subscription#")) continue;
        await client.send(new DeleteCommand({ TableName, Key: { pk, sk } }));
      }
      return;
    default:
  }
}
