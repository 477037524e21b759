import { onTestFinished } from "vitest";
import { type DynamoDBStoreOptions, dynamodb } from "../../src/store/dynamodb/dynamodb.ts";
import { START_MS, type World, worldOf } from "../../src/testing/store/world.ts";
import { type Call, observe, type Plan } from "./observe.ts";
import { createTestTable, type TestTable } from "./testTable.ts";

/** A store on a table of its own, and what it asks of DynamoDB. */
export interface DynamoWorld extends World {
  readonly table: TestTable;
  readonly calls: readonly Call[];
  /** Another store on the same table, which neither records nor fails. */
  readonly bystander: World;
}

/** Makes a store for one test. */
export async function dynamoWorld(
  options: Partial<DynamoDBStoreOptions> & { readonly plan?: Plan } = {},
): Promise<DynamoWorld> {
  const table = await createTestTable();
  onTestFinished(() => table.stop());
  const clock = { nowMs: START_MS };
  const now = (): number => clock.nowMs;
  const rows = async (): Promise<number> => (await table.routeRows()).length;
  const { plan, ...others } = options;
  const calls = observe(table.dynamoDBClient, plan);
  const world = worldOf({ store: dynamodb({ ...table, now, ...others }), rows }, clock);
  const quiet = { ...table, dynamoDBClient: table.observer, now, ...others };
  const bystander = worldOf({ store: dynamodb(quiet), rows }, clock);
  return { ...world, table, calls, bystander };
}
