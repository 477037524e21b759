import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const script = fileURLToPath(new URL("../../examples/deploy/bundle.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "bundle-"));

beforeAll(() => {
  execFileSync(process.execPath, ["--import", "tsx", script, folder], { stdio: "pipe" });
  vi.stubEnv("WEBSOCKET_ENDPOINT", "https://a1.execute-api.us-east-1.amazonaws.com/live");
  vi.stubEnv("QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/fan-outs");
}, 120_000);

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

// The rules of the recipes hold each function to one of these; `outbox.stream` is what their READMEs add.
it.each([
  "handlers.connect",
  "handlers.disconnect",
  "handlers.handler",
  "handlers.webSocket",
  "sendPing.handler",
  "fanOut.worker",
  "outbox.stream",
])("%s of SAM and Terraform is in the bundle", (handler) => {
  const [file, name = ""] = handler.split(".");
  const bundled = createRequire(import.meta.url)(join(folder, `${file}.cjs`));
  expect(bundled[name]).toBeTypeOf("function");
});
