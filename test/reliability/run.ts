import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { FigureLine } from "./figures.ts";
import { writeFigures } from "./reliabilityPage.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const parts = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && hasTests(join(folder, entry.name)))
  .map(({ name }) => name);

const HELP = `npm run soak [-- part…] [-- --factor 0.1 --seed 42 --write]

The parts of test/reliability at full length, one after the other: ${parts.join(", ")}.

  --factor  share of the full length (default 1)
  --cuts    of the part "resume" (default: 100,000 times the factor)
  --seed    of all random choices (default: another one every time)
  --write   keeps the figures in test/RELIABILITY.md
`;

process.exitCode = main();

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      factor: { type: "string", default: "1" },
      cuts: { type: "string" },
      seed: { type: "string" },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const factor = Number(values.factor);
  const unknown = positionals.filter((name) => !parts.includes(name));
  if (values.help || unknown.length > 0 || !(factor > 0)) {
    if (unknown.length > 0) process.stderr.write(`There is no part ${unknown.join(", ")}.\n`);
    if (!(factor > 0)) process.stderr.write(`--factor is ${values.factor}, not above 0.\n`);
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const failed = (positionals.length > 0 ? positionals : parts).filter(
    (part) => !soak(part, { ...values, factor }),
  );
  if (failed.length > 0) process.stderr.write(`Failed: ${failed.join(", ")}\n`);
  return failed.length > 0 ? 1 : 0;
}

interface How {
  readonly factor: number;
  readonly cuts?: string | undefined;
  readonly seed?: string | undefined;
  readonly write: boolean;
}

function soak(part: string, { factor, cuts, seed, write }: How): boolean {
  const scratch = mkdtempSync(join(tmpdir(), "soak-"));
  const file = join(scratch, "figures");
  const startMs = performance.now();
  try {
    const { status } = spawnSync(
      "npx",
      [
        "vitest",
        "run",
        "--reporter=verbose",
        "--disableConsoleIntercept",
        `test/reliability/${part}/`,
      ],
      {
        stdio: "inherit",
        env: {
          ...process.env,
          SOAK: String(factor),
          FIGURES: file,
          ...(seed !== undefined && { SEED: seed }),
          ...(cuts !== undefined && { CUTS: cuts }),
        },
      },
    );
    const isGood = status === 0;
    const options = `${factor === 1 ? "" : ` --factor ${factor}`}${cuts === undefined ? "" : ` --cuts ${cuts}`}`;
    const command = `npm run soak -- ${part}${options}`;
    const seconds = Math.round((performance.now() - startMs) / 1_000);
    if (write && isGood) writeFigures({ part, command, seconds, lines: read(file) });
    return isGood;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function read(file: string): readonly FigureLine[] {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as FigureLine);
}

function hasTests(path: string): boolean {
  return readdirSync(path).some((name) => name.endsWith(".test.ts"));
}
