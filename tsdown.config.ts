import { defineConfig } from "tsdown";

/** What the command is built on; inside the package it is no dependency of those who install it. */
const BUNDLED = ["commander", "chokidar", "readdirp"];

export default defineConfig([
  {
    entry: [
      "src/index.ts",
      "src/appsync-events/index.ts",
      "src/client/index.ts",
      "src/client/appsync-events/index.ts",
      "src/client/iot-core/index.ts",
      "src/iot-core/index.ts",
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
  },
  {
    entry: { main: "src/cli/main.ts", runtime: "src/cli/dev/runtime.ts" },
    outDir: "dist/cli",
    format: "esm",
    target: "node20",
    platform: "node",
    dts: false,
    deps: { onlyBundle: BUNDLED },
    outputOptions: { chunkFileNames: "[name].mjs" },
    copy: BUNDLED.map((name) => ({
      from: `node_modules/${name}/LICENSE`,
      rename: `${name}.LICENSE`,
    })),
  },
]);
