import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("../..", import.meta.url));
const src = `${root}src`;

/** Properties of many runs, which take seconds for each mutant that they do not notice; others notice the same. */
const long = [
  "test/unit/store/filterKeys.test.ts",
  "test/unit/publisher/{delivery,fanOutInterleavings,publishParts,workerChains}.test.ts",
];

/**
 * The tests near what Stryker mutates, in one project: its runner knows no projects that share a module graph. `TESTS`
 * are fewer of them, as globs with spaces between, for a file whose score is wanted within minutes.
 */
export default defineConfig({
  root,
  resolve: {
    alias: [
      { find: /^trpc-aws-subscriptions$/, replacement: `${src}/index.ts` },
      { find: /^trpc-aws-subscriptions\/([\w/-]+)$/, replacement: `${src}/$1/index.ts` },
    ],
  },
  test: {
    globalSetup: ["test/globalSetup.ts"],
    setupFiles: ["test/mutants/fewerRuns.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    isolate: false,
    include: process.env["TESTS"]?.split(" ") ?? [
      "test/unit/{store,publisher,subscriptions}/**/*.test.ts",
      "test/contract/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "test/unit/publisher/managementClient.test.ts", ...long],
  },
});
