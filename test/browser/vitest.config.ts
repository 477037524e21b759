import { defineConfig } from "vitest/config";
import root from "../../vitest.config.ts";

export default defineConfig({
  ...(root.resolve !== undefined && { resolve: root.resolve }),
  test: {
    include: ["test/browser/**/*.browser.ts"],
    globalSetup: ["test/browser/globalSetup.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
});
