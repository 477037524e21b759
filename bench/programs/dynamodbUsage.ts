import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import type { Measured } from "./task.ts";

const READS = new Set(["Query", "GetItem", "BatchGetItem", "TransactGetItems", "Scan"]);

/** Counts a program's calls to DynamoDB and what they consumed. */
export class DynamoDBUsage {
  readonly #calls = new Map<string, number>();
  #readUnits = 0;
  #writeUnits = 0;

  /** Notes one answered call. */
  note(operation: string, attempts: number, units: number): void {
    this.#calls.set(operation, (this.#calls.get(operation) ?? 0) + attempts);
    if (READS.has(operation)) this.#readUnits += units;
    else this.#writeUnits += units;
  }

  totals(): Pick<Measured, "dynamoDBCalls" | "readUnits" | "writeUnits"> {
    return {
      dynamoDBCalls: Object.fromEntries(this.#calls),
      readUnits: this.#readUnits,
      writeUnits: this.#writeUnits,
    };
  }
}

/**
 * A client whose calls are counted. The one middleware it has more works on the few calls to DynamoDB, never on posts.
 */
export function countedClient(
  usage: DynamoDBUsage,
  config: DynamoDBClientConfig & { readonly endpoint: string },
): DynamoDBClient {
  const client = new DynamoDBClient(config);
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const input = Object.assign({}, args.input, { ReturnConsumedCapacity: "TOTAL" });
      const result = await next({ ...args, input });
      const { output } = result;
      const consumed = "ConsumedCapacity" in output ? output.ConsumedCapacity : undefined;
      const operation = String(context["commandName"]).replace(/Command$/, "");
      usage.note(operation, output.$metadata.attempts ?? 1, unitsOf(consumed));
      return result;
    },
    { step: "initialize", name: "countDynamoDBUsage" },
  );
  return client;
}

/** One table's capacity, or a list of them for calls that may take several tables. */
function unitsOf(consumed: unknown): number {
  const units = [consumed].flat().map((one: unknown) => {
    const isCapacity = typeof one === "object" && one !== null && "CapacityUnits" in one;
    return isCapacity ? Number(one.CapacityUnits) : 0;
  });
  return units.reduce((sum, one) => sum + one, 0);
}
