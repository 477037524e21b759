import { defineConfig } from "vitest/config";
import root from "../../vitest.config.ts";

export default defineConfig({
  ...(root.resolve !== undefined && { resolve: root.resolve }),
  test: {
    include: ["test/browser/**/*.browser.ts"],
    globalSetup: ["test/browser/globalSetup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The SDK is imported once for each of the two workers.
    isolate: false,
    maxWorkers: 2,
  },
});
