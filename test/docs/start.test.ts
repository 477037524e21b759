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
    // Which of two clients hears first is not promised.
    const lines = (text: string): readonly string[] => text.split("\n").toSorted();
    expect(lines(stdout)).toEqual(lines(shown?.code ?? ""));
    expect(stdout.split("\n").at(-2)).toBe(shown?.code.split("\n").at(-2));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 90_000);
