import { onTestFinished } from "vitest";
import { type DynamoDBStoreOptions, dynamodb } from "../../src/store/dynamodb/dynamodb.ts";
import { START_MS, type World, worldOf } from "../../src/testing/store/world.ts";
import { createTestTable, type TestTable } from "../testTable.ts";
import { type Call, observe, type Plan } from "./observe.ts";

/** A store on a table of its own, and what it asks of DynamoDB. */
export interface DynamoWorld extends World {
  readonly table: TestTable;
  readonly calls: readonly Call[];
  /** Another store on the same table, which neither records nor fails. */
  readonly bystander: World;
}

/** Makes a store for one test, on a table of its own. */
export async function dynamoWorld(
  options: Partial<DynamoDBStoreOptions> & { readonly plan?: Plan } = {},
): Promise<DynamoWorld> {
  const table = await createTestTable();
  onTestFinished(() => table.stop());
  const clock = { nowMs: START_MS };
  const { plan, ...others } = options;
  const calls = observe(table.dynamoDBClient, plan);
  const bystander = worldOn(table, { ...others, dynamoDBClient: table.observer }, clock);
  return { ...worldOn(table, others, clock), table, calls, bystander };
}

/** Makes a store on a table that is there. */
export function worldOn(
  table: TestTable,
  options: Partial<DynamoDBStoreOptions> = {},
  clock: { nowMs: number } = { nowMs: START_MS },
): World {
  const store = dynamodb({ ...table, now: () => clock.nowMs, ...options });
  return worldOf({ store, rows: async () => (await table.routeRows()).length }, clock);
}
