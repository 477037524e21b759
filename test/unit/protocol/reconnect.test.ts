import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../../../src");

/** The names and texts of a source that hold the word; comments may. */
function reconnects(source: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isText = "text" in node && typeof node.text === "string";
    if (isText && node.getText().includes("reconnect")) found.push(node.getText());
    ts.forEachChild(node, visit);
  };
  if (source.includes("reconnect")) {
    const file = ts.createSourceFile("file.ts", source, ts.ScriptTarget.Latest, true);
    ts.forEachChild(file, visit);
  }
  return found;
}

it("T10: only the hand-over can send a `reconnect` notification: clients before 11.25 answer one with many sockets", () => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" });
  const sources = files.filter((file) => file.endsWith(".ts"));
  expect(sources.length).toBeGreaterThan(50);
  const textOf = (file: string): string => readFileSync(join(SRC, file), "utf8");
  const ofServer = sources.filter((file) => !file.startsWith("client/"));
  const naming = ofServer.filter((file) => reconnects(textOf(file)).length > 0);
  expect(naming).toEqual(["protocol/serverMessage.ts"]);
  const using = ofServer.filter((file) => /\bRECONNECT\b/.test(textOf(file)));
  expect(using.toSorted()).toEqual(["adapters/api-gateway/ping.ts", "protocol/serverMessage.ts"]);
});

it.each([
  ['send({ method: "reconnect" });', 1],
  ["send({ method: `reconnect` });", 1],
  ['send(\'{"method":"reconnect"}\');', 1],
  ["const reconnect = 1;", 1],
  ["/** Before a reconnect. */ const a = 1; // reconnect", 0],
])("the search itself: %s", (source, count) => {
  expect(reconnects(source)).toHaveLength(count);
});
