/** Writes the pages of the API reference, which the site is built with; exits 1 when anything is undocumented. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../check/repository.ts";
import { readReference } from "./reference.ts";

const folder = join(ROOT, "docs/api");
const reference = await readReference();
if (reference.problems.length > 0) {
  process.stderr.write(`${reference.problems.join("\n")}\n`);
  process.exit(1);
}
rmSync(folder, { recursive: true, force: true });
await reference.write(folder);
