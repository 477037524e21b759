import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isSafe } from "redos-detector";
import ts from "typescript";
import { expect, it } from "vitest";
import { report } from "../figures.ts";

const src = fileURLToPath(new URL("../../../src/", import.meta.url));

/**
 * Expressions that the detector cannot prove: their time grows with the square of the text. None of them sees what a
 * client or a publisher's caller sends.
 */
const NOT_PROVED: Readonly<Record<string, string>> = {
  "adapters/api-gateway/endpoint.ts /\\/+$/": "the path of the endpoint that is configured",
  "adapters/appsync-events/endpoint.ts /\\/+$/": "the path of the endpoint that is configured",
  "adapters/sqs/queueUrl.ts /(?:(?:^|\\.)sqs(?:-fips)?\\.([a-z0-9-]+)|^([a-z0-9-]+)\\.queue)\\.(?:vpce\\.)?(?:amazonaws\\.com|api\\.aws|api\\.amazonwebservices\\.com\\.cn)/":
    "the host of the queue that is configured",
  "client/appsync-events/frames.ts /=+$/": "base64 that was just made, with two of them at most",
  "local/handshake.ts /:\\d+$/": "the Host header of a developer's own client",
  "local/upgrade.ts /\\?.*$/s":
    "the URL of a developer's own client, at most Node's 16 KB of headers",
  "testing/iot-core/authorizer.ts /\\?(.*)$/s": "the user name of a developer's own client",
  "testing/iot-core/rules.ts /\\s*,\\s*(?![^(]*\\))/": "the SQL of a developer's own rule",
  "testing/iot-core/rules.ts /^\\s*SELECT\\s+(.+?)\\s+FROM\\s+'([^']+)'\\s*$/is":
    "the SQL of a developer's own rule",
};

/** Where an expression is made of text at run time. */
const MADE_OF_TEXT: readonly string[] = [
  // The resources of a policy that the developer's own authorizer returns.
  "local/authorizer.ts",
];

interface Found {
  readonly file: string;
  readonly text: string;
}

/** Every regular expression literal of a source, and every one that is made of text. */
function expressionsOf(file: string, code: string): { literals: Found[]; made: Found[] } {
  const literals: Found[] = [];
  const made: Found[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) literals.push({ file, text: node.text });
    if (
      (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === "RegExp"
    ) {
      made.push({ file, text: node.getText() });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true));
  return { literals, made };
}

function isProved(text: string): boolean {
  const end = text.lastIndexOf("/");
  return isSafe(new RegExp(text.slice(1, end), text.slice(end + 1)), { maxScore: 20 }).safe;
}

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts"));
const found = files.map((file) => expressionsOf(file, readFileSync(`${src}${file}`, "utf8")));
const literals = found.flatMap((each) => each.literals);

it("S4: every regular expression is proved to take linear time, or sees no text of others", () => {
  const open = literals.filter(({ text }) => !isProved(text));
  expect(open.map(({ file, text }) => `${file} ${text}`).toSorted()).toEqual(
    Object.keys(NOT_PROVED).toSorted(),
  );
  expect(literals.length).toBeGreaterThan(15);
  report("hostile expressions", { proved: literals.length - open.length, explained: open.length });
});

it("S4: no regular expression is made of text", () => {
  const made = new Set(found.flatMap((each) => each.made.map(({ file }) => file)));
  expect([...made]).toEqual(MADE_OF_TEXT);
});

it("S4: one that is slow would be found", () => {
  const code = "const a = [/a+$/, /^(b+)+$/]; new RegExp(a); RegExp(a);";
  const { literals: slow, made } = expressionsOf("a.ts", code);
  expect(slow.map(({ text }) => isProved(text))).toEqual([false, false]);
  expect(made).toHaveLength(2);
});
