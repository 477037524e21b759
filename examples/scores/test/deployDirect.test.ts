import { readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { parse } from "yaml";
import { validate } from "../../../test/deploy/cloudFormationValidator.ts";
import { parsePolicy, policyOf } from "../../../test/security/policies.ts";

/** For compiling AWS's schemas on a busy machine. */
const SLOW_MS = 120_000;

const text = readFileSync(new URL("../deploy/iot-direct.yaml", import.meta.url), "utf8");
/** Tags of CloudFormation are left out, but for their text. */
const { Resources } = parse(text, { logLevel: "silent" });

async function functions() {
  vi.stubEnv("TABLE_NAME", "scores").stubEnv("PREFIX", "scores");
  try {
    return await import("../src/iotDirect.ts");
  } finally {
    vi.unstubAllEnvs();
  }
}

it(
  "is what AWS's schemas take",
  () => {
    expect(validate(text, "template.yaml")).toEqual([]);
    const misspelt = text.replace("TimeToLiveSpecification", "TimeToLive");
    expect(validate(misspelt, "template.yaml").join()).toContain("TimeToLive");
  },
  SLOW_MS,
);

it("has the functions of src, behind the rules that the chain says", async () => {
  const { rules, ...exported } = await functions();
  for (const name of ["Authorizer", "Handler", "Disconnect", "Scored"]) {
    const [, handler = ""] = Resources[name].Properties.Handler.split(".");
    expect(exported).toHaveProperty(handler, expect.any(Function));
  }
  const ruleOf = (name: string) => {
    const [event] = Object.values<{ Properties: { Sql: string } }>(
      Resources[name].Properties.Events,
    );
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own
    return event?.Properties.Sql.replace("${Prefix}", "scores");
  };
  expect(ruleOf("Handler")).toBe(rules.handler);
  expect(ruleOf("Disconnect")).toBe(rules.disconnect);
});

it("gives each function what SECURITY.md gives it where no route has history", () => {
  const names = { REGION: "r", ACCOUNT: "a", TABLE: "t", API: "x", STAGE: "s", CLIENT_PREFIX: "p" };
  const direct = policyOf("Direct delivery on IoT Core", names).Statement;
  const expected = (heading: string, iot: typeof direct) => [
    ...policyOf(heading, names).Statement.filter(
      ({ Sid, Action }) => Sid === undefined && !Action[0]?.startsWith("execute-api:"),
    ),
    ...iot,
  ];
  // Without the ARNs, which are those of the stack.
  const rights = (statements: typeof direct): readonly string[] =>
    statements
      .flatMap(({ Action, Condition }) => Action.map((one) => JSON.stringify([one, Condition])))
      .toSorted();
  const given = (name: string): typeof direct =>
    Resources[name].Properties.Policies.flatMap((policy: unknown) => parsePolicy(policy).Statement);
  expect(rights(given("Authorizer"))).toEqual(rights(expected("$connect", [])));
  expect(rights(given("Disconnect"))).toEqual(rights(expected("$disconnect", [])));
  expect(rights(given("Handler"))).toEqual(
    rights(expected("$default, or all three in one function", direct.slice(0, 1))),
  );
  expect(rights(given("Scored"))).toEqual(rights(expected("Publisher", direct)));
});
