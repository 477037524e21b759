import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../../docs/check/repository.ts";

const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const [, section = ""] = /^## What is delivered$([\s\S]*?)^## /m.exec(readme) ?? [];
const [head = [], ...rows] = [...section.matchAll(/^\| (.+) \|$/gm)].map(([, row = ""]) =>
  row.split(" | "),
);

it("says of each mode what is delivered, in which order, how often and for what", () => {
  expect(head).toEqual(["mode", "delivery", "order", "duplicates", "cost of a publish"]);
  expect(rows.map(([mode]) => mode)).toEqual([
    "live",
    "`history`",
    "`history`, [client file](docs/chain.md#the-client-file)",
    "outbox",
    "[broker](docs/engines.md)",
    "[broker](docs/engines.md#no-message-lost-over-a-cut), `history`",
  ]);
  expect(rows.map((cells) => cells.length)).toEqual(rows.map(() => head.length));
});

it.each(rows)("names a test for each promise of %s, or whose it is", (_, ...promises) => {
  const isShown = /^as `history`|\]\(test\/[\w/-]+\.test\.ts\)/;
  expect(promises.filter((promise) => !isShown.test(promise))).toEqual([]);
});
