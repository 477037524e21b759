import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { validate } from "../../../test/deploy/cloudFormationValidator.ts";
import { parsePolicy, policyOf } from "../../../test/security/policies.ts";

/** For compiling AWS's schemas on a busy machine. */
const SLOW_MS = 120_000;

const textOf = (name: string): string =>
  readFileSync(new URL(`../deploy/${name}.yaml`, import.meta.url), "utf8");

/** Headings of SECURITY.md. */
const PUBLISHERS = {
  appsync: "Publisher on AppSync Events",
  iot: "Publisher on IoT Core",
} as const;
const NAMES = {
  REGION: "eu-central-1",
  ACCOUNT: "123456789012",
  TABLE: "none",
  API: "a1b2c3d4e5",
  PREFIX: "scores",
  CHANNEL_NAMESPACE: "scores",
};

/** What CloudFormation makes of the references in a policy. */
function filledIn(text: string): string {
  const values: Readonly<Record<string, string>> = {
    "AWS::Partition": "aws",
    "AWS::Region": NAMES.REGION,
    "AWS::AccountId": NAMES.ACCOUNT,
    "EventApi.ApiArn": `arn:aws:appsync:${NAMES.REGION}:${NAMES.ACCOUNT}:apis/${NAMES.API}`,
    Prefix: NAMES.PREFIX,
    Namespace: NAMES.CHANNEL_NAMESPACE,
  };
  return text.replaceAll(/\$\{([\w.:]+)\}/g, (reference, name) => values[name] ?? reference);
}

/** Tags of CloudFormation are left out, but for their text. */
const read = (name: string) => parse(textOf(name), { logLevel: "silent" });

describe.each(["appsync", "iot"] as const)("the recipe %s", (name) => {
  it(
    "is what AWS's schemas take",
    () => {
      expect(validate(textOf(name), "template.yaml")).toEqual([]);
      const misspelt = textOf(name).replace("GenerateSecretString", "GenerateSecret");
      expect(validate(misspelt, "template.yaml").join()).toContain("GenerateSecret");
    },
    SLOW_MS,
  );

  it("has functions that exist", async () => {
    const { Resources } = read(name);
    const handlers = Object.values<{ Type: string; Properties: { Handler: string } }>(Resources)
      .filter(({ Type }) => Type === "AWS::Serverless::Function")
      .map(({ Properties }) => Properties.Handler);
    expect(handlers).toHaveLength(3);
    for (const handler of handlers) {
      const [file = "", exported = ""] = handler.split(".");
      const source = readFileSync(new URL(`../src/${file}.ts`, import.meta.url), "utf8");
      expect(source).toContain(`export const ${exported} =`);
    }
  });

  it("gives its publisher what SECURITY.md does, and nobody else anything", () => {
    const { Resources } = read(name);
    for (const role of ["Authorizer", "Http"]) {
      expect(Resources[role].Properties.Policies).toBeUndefined();
    }
    const [policy, ...others] = Resources.Scored.Properties.Policies;
    expect(others).toEqual([]);
    const { Statement: given } = parsePolicy(JSON.parse(filledIn(JSON.stringify(policy))));
    const { Statement: documented } = policyOf(PUBLISHERS[name], NAMES);
    // The example keeps no history.
    expect(given).toEqual(documented.filter(({ Sid }) => !Sid?.startsWith("History")));
  });
});

it("lets clients of AppSync in by the authorizer alone, and nobody publish by it", () => {
  const { EventConfig } = read("appsync").Resources.EventApi.Properties;
  expect(EventConfig).toMatchObject({
    ConnectionAuthModes: [{ AuthType: "AWS_LAMBDA" }],
    DefaultSubscribeAuthModes: [{ AuthType: "AWS_LAMBDA" }],
    DefaultPublishAuthModes: [{ AuthType: "AWS_IAM" }],
  });
  const [lambda] = EventConfig.AuthProviders;
  expect(lambda.LambdaAuthorizerConfig.AuthorizerResultTtlInSeconds).toBe(0);
});
