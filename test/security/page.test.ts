import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { page } from "./policies.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Rows of the table of threats, each with its columns. */
const [, section = ""] = /^## Threats$([\s\S]*?)^\*\*Not covered/m.exec(page) ?? [];
const threats = [...section.matchAll(/^\|(.+)\|$/gm)]
  .map(([, row = ""]) => row.split("|").map((column) => column.trim()))
  .slice(2);

it("names tests that exist", () => {
  const named = [...page.matchAll(/`(test\/[^`]+)`/g)].map(([, path = ""]) => path);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

it("names a test for each threat", () => {
  expect(threats.length).toBeGreaterThan(18);
  const tests = threats.map((columns) => (columns.length === 5 ? columns[4] : undefined));
  expect(tests.filter((text) => text?.startsWith("`test/") !== true)).toEqual([]);
});

it("links to its own headings", () => {
  const headings = [...page.matchAll(/^##+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
  const links = [...page.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor = ""]) => anchor);
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((anchor) => !headings.includes(anchor))).toEqual([]);
});
