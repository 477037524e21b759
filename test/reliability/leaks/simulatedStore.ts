import type { Store } from "trpc-aws-subscriptions";
import { storeOn } from "../../../src/store/dynamodb/dynamodb.ts";
import { keysOf } from "../../../src/store/keys.ts";
import { simulatedClient } from "../simulation/dynamoClient.ts";
import { Steps } from "../simulation/steps.ts";
import type { SimulatedTable } from "../simulation/table.ts";

/** Our store on a simulated table, nobody deciding who goes on. */
export function simulatedStore(table: SimulatedTable, namespace?: string): Store {
  return storeOn({
    tableName: "table",
    client: simulatedClient({ table, steps: new Steps() }),
    keys: keysOf(namespace),
    maxSubscriptions: 100,
    ttlSeconds: undefined,
    now: Date.now,
  });
}
