import { defineConfig } from "tsdown";

export default defineConfig({
  entry: [
    "src/index.ts",
    "src/client/index.ts",
    "src/local/index.ts",
    "src/sqs/index.ts",
    "src/testing/index.ts",
  ],
  format: ["esm", "cjs"],
  target: "node20",
  platform: "node",
  unbundle: true,
  dts: true,
  exports: true,
});
