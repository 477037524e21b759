import { dynamodb } from "trpc-aws-subscriptions";
import { onTestFinished } from "vitest";
import { type StockClientOptions, stockClient } from "../e2e/client.ts";
import { createTestTable } from "../testTable.ts";
import { type AppRouter, authorize, chainOf, createContext } from "./app.ts";
import { type DirectOptions, serveDirect } from "./stack.ts";

/** The chain of these tests on a table of its own, with clients. All of it ends with the test. */
export async function startDirect(options: DirectOptions = {}) {
  const table = await createTestTable();
  onTestFinished(() => table.stop());
  const stopped: string[] = [];
  const store = dynamodb({ tableName: table.tableName, dynamoDBClient: table.dynamoDBClient });
  const chain = chainOf(store, stopped);
  const stack = await serveDirect(chain, {
    connect: { authorize } as never,
    handler: { createContext } as never,
    ...options,
  });
  return {
    ...stack,
    chain,
    table,
    stopped,
    /** A stock client of a user. */
    client(userId: string, own: Partial<StockClientOptions> = {}) {
      const stock = stockClient<AppRouter>({
        url: `${stack.url}?user=${userId}`,
        WebSocket: stack.socketClass(),
        retryDelayMs: () => 10,
        ...own,
      });
      onTestFinished(stock.close);
      return stock;
    },
  };
}
