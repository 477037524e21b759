import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../../docs/check/repository.ts";

const SRC = join(ROOT, "src");
const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(join(SRC, file), "utf8"));

/** Each section of a third-level heading, by the heading. */
const sections = new Map(
  readFileSync(join(ROOT, "docs/operations.md"), "utf8")
    .split(/^### /m)
    .slice(1)
    .map((section) => [section.split("\n")[0] ?? "", section.split(/^## /m)[0] ?? ""]),
);

const matches = (pattern: RegExp): readonly (readonly string[])[] =>
  sources.flatMap((source) => [...source.matchAll(pattern)].map(([, ...groups]) => groups));

const classes = matches(
  /export class (\w+) extends SubscriptionsError \{.*?super\(\s*"([A-Z_]+)"/gs,
);

/** Classes that extend one of these, with the one they extend. */
const subclasses = matches(/export class (\w+) extends (\w+Error) \{/g).filter(([, base]) =>
  classes.some(([name]) => name === base),
);

const literals = (text: string): readonly string[] =>
  [...text.matchAll(/"([A-Za-z_]+)"/g)].map(([, literal = ""]) => literal);

/** The members of a union of texts. */
const membersOf = (type: string): readonly string[] =>
  matches(new RegExp(`export type ${type} =([^;]*);`, "g")).flatMap(([members = ""]) =>
    literals(members),
  );

it("finds the errors", () => {
  expect(classes).toEqual(
    expect.arrayContaining([
      ["TransportError", "TRANSPORT"],
      ["CursorError", "INVALID_CURSOR"],
    ]),
  );
  expect(membersOf("TransportFailure")).toContain("throttled");
});

it.each(classes)("says what %s with the code %s means", (name = "", code = "") => {
  expect(sections.get(name) ?? "").toContain(`\`${code}\``);
});

it.each(subclasses)("names %s beside %s, which it extends", (name = "", base = "") => {
  expect(sections.get(base) ?? "").toContain(`\`${name}\``);
});

it.each(membersOf("SubscriptionsErrorCode"))("says what the code %s means", (code) => {
  const texts = [...sections.values()];
  expect(texts.filter((section) => section.includes(`\`${code}\``))).not.toEqual([]);
});

it.each([
  ["TransportError", "TransportFailure"],
  ["CursorError", "CursorProblem"],
  ["QueueError", "QueueFailure"],
  ["GrantTokenError", "GrantTokenProblem"],
])("says what each reason of %s means", (name, type) => {
  const missing = membersOf(type).filter(
    (member) => sections.get(name)?.includes(`| \`${member}\` |`) !== true,
  );
  expect(missing).toEqual([]);
});

it("has no section for an error that is not there", () => {
  const known = classes.map(([name]) => name);
  const named = [...sections.keys()].filter((heading) => heading.endsWith("Error"));
  expect(named.filter((heading) => !known.includes(heading))).toEqual([]);
});
