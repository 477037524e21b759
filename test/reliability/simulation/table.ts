import {
  type AttributeValue,
  type CancellationReason,
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import { type Attributes, holds, type Placeholders, updated } from "./expression.ts";
import { Partition } from "./partition.ts";

type Key = Readonly<Record<"pk" | "sk", string>>;

/** A write of one item, alone or as part of a transaction. */
export interface Write extends Placeholders {
  readonly Key?: Attributes | undefined;
  readonly Item?: Attributes | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly ConditionExpression?: string | undefined;
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined;
}

/** What a query asks for. */
export interface Query extends Placeholders {
  readonly KeyConditionExpression?: string | undefined;
  readonly FilterExpression?: string | undefined;
  readonly ProjectionExpression?: string | undefined;
  readonly ExclusiveStartKey?: Attributes | undefined;
  readonly Limit?: number | undefined;
}

/** A transaction that has been decided: its items become visible one by one. */
export type Visible = () => void;

/**
 * One DynamoDB table in memory, by the rules that the store depends on: conditions, transactions and their conflicts,
 * pages. Every method is one moment; a transaction is decided in one moment and becomes visible item by item, since
 * `Query` is read-committed
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation).
 */
export class SimulatedTable {
  readonly #partitions = new Map<string, Partition>();
  readonly #locked = new Set<string>();
  /** Items that one page holds. */
  pageItems = 1_000;

  get(key: Attributes): Attributes | undefined {
    const { pk, sk } = keyOf(key);
    return this.#partitions.get(pk)?.get(sk);
  }

  /** @returns the item as it was */
  write(write: Write): Attributes | undefined {
    const key = keyOf(write.Item ?? write.Key);
    if (this.#locked.has(textOf(key))) {
      throw new TransactionConflictException({ $metadata: {}, message: "a transaction is on it" });
    }
    const before = this.get(key);
    if (!holds(write.ConditionExpression, before, write)) {
      const Item = returned(write, before);
      throw new ConditionalCheckFailedException({ $metadata: {}, message: "condition", ...Item });
    }
    this.#put(key, after(write, key, before));
    return before;
  }

  delete(key: Attributes): boolean {
    const { pk, sk } = keyOf(key);
    if (this.#locked.has(textOf({ pk, sk }))) return false;
    this.#partitions.get(pk)?.delete(sk);
    return true;
  }

  /** Decides a transaction. @returns what makes each of its items visible; until then it is locked */
  transact(writes: readonly Write[]): readonly Visible[] {
    const keys = writes.map((write) => keyOf(write.Item ?? write.Key));
    const reasons = writes.map((write, index): CancellationReason => {
      const key = keys[index] ?? { pk: "", sk: "" };
      if (this.#locked.has(textOf(key))) return { Code: "TransactionConflict" };
      const before = this.get(key);
      if (holds(write.ConditionExpression, before, write)) return { Code: "None" };
      return { Code: "ConditionalCheckFailed", ...returned(write, before) };
    });
    if (reasons.some(({ Code }) => Code !== "None")) {
      throw new TransactionCanceledException({
        $metadata: {},
        message: "cancelled",
        CancellationReasons: reasons,
      });
    }
    for (const key of keys) this.#locked.add(textOf(key));
    return writes.map((write, index) => {
      const key = keys[index] ?? { pk: "", sk: "" };
      const item = after(write, key, this.get(key));
      return () => {
        this.#put(key, item);
        this.#locked.delete(textOf(key));
      };
    });
  }

  query(query: Query): { readonly Items: readonly Attributes[]; readonly LastEvaluatedKey?: Key } {
    const { ExpressionAttributeValues: values = {} } = query;
    const condition = query.KeyConditionExpression;
    const isByPrefix = condition === "pk = :pk AND begins_with(sk, :prefix)";
    if (!isByPrefix && condition !== "pk = :pk AND sk >= :from") {
      throw new Error(`the simulated table cannot query ${condition}`);
    }
    const pk = String(values[":pk"]);
    const from = query.ExclusiveStartKey?.["sk"];
    const most = Math.min(query.Limit ?? this.pageItems, this.pageItems);
    const page = (this.#partitions.get(pk) ?? new Partition()).page({
      ...(isByPrefix ? { prefix: String(values[":prefix"]) } : { from: String(values[":from"]) }),
      after: typeof from === "string" ? from : undefined,
      most,
    });
    const Items = page
      .filter((item) => holds(query.FilterExpression, item, query))
      .map((item) => (query.ProjectionExpression === "sk" ? { sk: item["sk"] } : item));
    const last = page.at(-1);
    return {
      Items,
      ...(last !== undefined && page.length === most && { LastEvaluatedKey: keyOf(last) }),
    };
  }

  /** Every item, in no order that means anything. */
  *items(): Generator<Attributes> {
    for (const partition of this.#partitions.values()) yield* partition.items();
  }

  /** Keeps what there is. @returns puts it back */
  remember(): () => void {
    const items = [...this.items()];
    return () => {
      this.#partitions.clear();
      this.#locked.clear();
      for (const item of items) this.#put(keyOf(item), item);
    };
  }

  #put(key: Key, item: Attributes): void {
    let partition = this.#partitions.get(key.pk);
    if (partition === undefined) {
      partition = new Partition();
      this.#partitions.set(key.pk, partition);
    }
    partition.put(key.sk, item);
  }
}

function after(write: Write, key: Key, before: Attributes | undefined): Attributes {
  if (write.Item !== undefined) return write.Item;
  return updated(write.UpdateExpression ?? "", before ?? { ...key }, write);
}

/** Errors carry items as DynamoDB writes them. */
function returned(write: Write, before: Attributes | undefined) {
  if (write.ReturnValuesOnConditionCheckFailure !== "ALL_OLD" || before === undefined) return {};
  const Item = Object.fromEntries(
    Object.entries(before).map(([name, value]) => [name, toAttributeValue(value)]),
  );
  return { Item };
}

function toAttributeValue(value: unknown): AttributeValue {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(toAttributeValue) };
  throw new Error(`the simulated table holds no ${typeof value}`);
}

function keyOf(key: Attributes | undefined): Key {
  const { pk, sk } = key ?? {};
  if (typeof pk !== "string" || typeof sk !== "string") throw new Error("a key is two texts");
  return { pk, sk };
}

function textOf({ pk, sk }: Key): string {
  return `${pk}\n${sk}`;
}
