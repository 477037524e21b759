import { describe, test } from "vitest";
import { memory } from "../../src/store/memory.ts";
import { storeContract } from "../../src/testing/storeContract.ts";

describe("memory", () => {
  storeContract({
    create: async (options) => {
      const store = memory(options);
      return { store, rows: async () => store.countRoutes() };
    },
    test,
  });
});
