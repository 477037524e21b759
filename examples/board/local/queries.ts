import { AsyncLocalStorage } from "node:async_hooks";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** The rows one query of DynamoDB asks for. */
export interface KeyPrefix {
  readonly pk: string;
  readonly skPrefix: string;
}

/** Listens to the queries that a client sends while some work is done. */
export class QueryWatch {
  readonly #heard = new AsyncLocalStorage<KeyPrefix[]>();

  /** @param client - the store's; its middleware is what sees the queries */
  constructor(client: DynamoDBClient) {
    client.middlewareStack.add(
      (next) => (call) => {
        const prefix = keyPrefixOf(call.input);
        if (prefix !== undefined) this.#heard.getStore()?.push(prefix);
        return next(call);
      },
      { step: "initialize", name: "queryWatch" },
    );
  }

  /** Does the work; resolves with its result and what was asked for meanwhile, and by it. */
  async during<T>(
    work: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly prefixes: readonly KeyPrefix[] }> {
    const prefixes: KeyPrefix[] = [];
    const result = await this.#heard.run(prefixes, work);
    return { result, prefixes };
  }
}

/** The key of `pk = … AND begins_with(sk, …)`; `undefined` for whatever else is sent. */
function keyPrefixOf(input: object): KeyPrefix | undefined {
  if (!("KeyConditionExpression" in input && "ExpressionAttributeValues" in input))
    return undefined;
  const values: unknown = input.ExpressionAttributeValues;
  if (typeof values !== "object" || values === null) return undefined;
  const { ":pk": pk, ":prefix": skPrefix } = values as Readonly<Record<string, unknown>>;
  return typeof pk === "string" && typeof skPrefix === "string" ? { pk, skPrefix } : undefined;
}
