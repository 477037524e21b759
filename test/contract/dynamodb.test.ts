import { describe, test } from "vitest";
import { dynamodb } from "../../src/store/dynamodb/dynamodb.ts";
import { storeContract } from "../../src/testing/storeContract.ts";
import { createTestTable } from "../testTable.ts";

describe("dynamodb", () => {
  storeContract({
    create: async (options) => {
      const table = await createTestTable();
      return {
        store: dynamodb({ ...table, ...options, namespace: "stage #1" }),
        rows: async () => {
          const now = Math.floor(options.now() / 1000);
          return (await table.routeRows()).filter(({ expireAt }) => Number(expireAt) > now).length;
        },
        stop: () => table.stop(),
      };
    },
    test,
  });
});
