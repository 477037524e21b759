import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longestFirst.ts";

const src = fileURLToPath(new URL("src", import.meta.url));

/**
 * Files that replace whole modules, or have a global `window`, whose `fetch` tRPC's clients prefer, or count all timers that
 * there are, where what another file has left under way may begin one: each needs a process of its own.
 */
const apart = [
  "examples/ping/ping.test.ts",
  "test/e2e/clientFile/useSubscription.test.tsx",
  "test/e2e/lifecycle/strictMode.test.tsx",
  "test/local/dynamodbLookup.test.ts",
  "test/unit/adapters/iot-core/olderSdk.test.ts",
  "test/unit/publisher/managementClient.test.ts",
  "test/unit/publisher/publishParts.test.ts",
];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^trpc-aws-subscriptions$/, replacement: `${src}/index.ts` },
      { find: /^trpc-aws-subscriptions\/([\w/-]+)$/, replacement: `${src}/$1/index.ts` },
    ],
  },
  test: {
    globalSetup: ["test/globalSetup.ts"],
    testTimeout: 60_000,
    hookTimeout: 30_000,
    // Many tests wait for sockets and timers more than they compute.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    // Fewer, larger collections of what is short-lived.
    execArgv: ["--max-semi-space-size=64"],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "shared",
          isolate: false,
          include: ["test/**/*.test.{ts,tsx}", "examples/*/test/*.test.ts"],
          exclude: ["**/node_modules/**", ...apart],
        },
      },
      { extends: true, test: { name: "isolated", include: apart } },
    ],
  },
});
