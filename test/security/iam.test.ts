import { describe, expect, it } from "vitest";
import { allows, type Policy, partsOf, type Statement } from "./iam.ts";

const table = "arn:aws:dynamodb:us-east-1:1:table/t";
const policy = (...statements: Partial<Statement>[]): Policy => ({
  Version: "2012-10-17",
  Statement: statements.map((one) => ({
    Effect: "Allow",
    Action: ["dynamodb:Query"],
    Resource: [table],
    ...one,
  })),
});
const onKeys = (...patterns: string[]): Partial<Statement> => ({
  Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": patterns } },
});
const query = (...leadingKeys: string[]) => ({
  action: "dynamodb:Query",
  resource: table,
  leadingKeys,
});

describe("the evaluator", () => {
  it("denies what nothing allows: another action, table or account", () => {
    expect(allows(policy({}), query("a"))).toBe(true);
    expect(allows(policy({}), { ...query("a"), action: "dynamodb:Scan" })).toBe(false);
    expect(allows(policy({}), { ...query("a"), resource: `${table}2` })).toBe(false);
    expect(allows(policy({}), { ...query("a"), resource: table.replace(":1:", ":2:") })).toBe(
      false,
    );
  });

  it("lets a denial win over whatever allows", () => {
    expect(allows(policy({}, { Effect: "Deny", ...onKeys("secret#*") }), query("a#1"))).toBe(true);
    expect(allows(policy({}, { Effect: "Deny", ...onKeys("secret#*") }), query("secret#a"))).toBe(
      false,
    );
  });

  it("wants each key to be like one of the patterns of one statement", () => {
    const both = policy(onKeys("a#*", "b#*"));
    expect(allows(both, query("a#1", "b#1"))).toBe(true);
    expect(allows(both, query("a#1", "c#1"))).toBe(false);
    expect(allows(policy(onKeys("a#*"), onKeys("b#*")), query("a#1", "b#1"))).toBe(false);
    expect(allows(policy(onKeys("namespace#dev#*")), query("namespace#dev2#path#x"))).toBe(false);
  });

  it("takes nothing but * and ? for more than itself", () => {
    expect(allows(policy(onKeys("a.c")), query("abc"))).toBe(false);
    expect(allows(policy(onKeys("a?c")), query("abc"))).toBe(true);
    expect(allows(policy(onKeys("a*")), query("a\n/x"))).toBe(true);
    expect(allows(policy(onKeys("*a")), query("ab"))).toBe(false);
  });

  it("lets a request without keys through a condition on keys, as IAM does", () => {
    expect(allows(policy({ Action: ["dynamodb:*"], ...onKeys("a#*") }), query())).toBe(true);
  });
});

it("a policy without one of its parts lacks that one alone", () => {
  const whole = policy({ Action: ["dynamodb:Query", "dynamodb:GetItem"], ...onKeys("a#*", "b#*") });
  const asked = ["dynamodb:Query", "dynamodb:GetItem"].flatMap((action) =>
    ["a#1", "b#1"].map((key) => ({ ...query(key), action })),
  );
  const lacking = partsOf(whole).map(({ without }) => asked.filter((one) => !allows(without, one)));
  expect(lacking).toEqual(asked.map((one) => [one]));
});
