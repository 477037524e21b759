/**
 * npm run test:browser
 *
 * Tests examples/board, and the links of brokers, in a real browser. Where there is none it says so and ends well, but in CI, where that would be a
 * test less.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findChromium, NoBrowserError } from "./chromium.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function run(): Promise<number> {
  const executable = await findChromium();
  const args = ["vitest", "run", "--config", "test/browser/vitest.config.ts"];
  const child = spawn("npx", [...args, ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, CHROMIUM_PATH: executable },
  });
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
}

try {
  process.exitCode = await run();
} catch (error) {
  if (!(error instanceof NoBrowserError)) throw error;
  process.stdout.write(`The browser tests were not run. ${error.message}\n`);
  if (process.env["CI"]) process.exitCode = 1;
}
