import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { readPage } from "../../docs/check/page.ts";
import { ROOT } from "../../docs/check/repository.ts";

const { blocks } = readPage("docs/start.md");

it("runs the ten-minute start as it stands there, and prints what it says", async () => {
  // Inside the repository, where packages are found as they are in the project of a reader.
  const folder = mkdtempSync(join(import.meta.dirname, ".start-"));
  try {
    for (const { fileName, code } of blocks) {
      if (fileName !== undefined) writeFileSync(join(folder, fileName), code);
    }
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const tsx = join(ROOT, "node_modules/tsx/dist/cli.mjs");
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [tsx, join(folder, "local.ts")],
      {
        cwd: ROOT,
        timeout: 60_000,
      },
    );
    const shown = blocks.find(({ language }) => language === "text");
    expect(stdout).toBe(shown?.code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 90_000);
