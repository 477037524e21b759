import { defineConfig } from "tsdown";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    "client/index": "src/client/index.ts",
    "local/index": "src/local/index.ts",
    "sqs/index": "src/adapters/sqs/index.ts",
    "testing/index": "src/testing/index.ts",
  },
  format: ["esm", "cjs"],
  target: "node20",
  platform: "node",
  unbundle: true,
  dts: true,
  exports: true,
});
