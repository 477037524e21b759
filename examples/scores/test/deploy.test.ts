import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { validate } from "../../../test/deploy/cloudFormationValidator.ts";

/** For compiling AWS's schemas on a busy machine. */
const SLOW_MS = 120_000;

const textOf = (name: string): string =>
  readFileSync(new URL(`../deploy/${name}.yaml`, import.meta.url), "utf8");

/** Tags of CloudFormation are left out, but for their text. */
const read = (name: string) => parse(textOf(name), { logLevel: "silent" });

describe.each(["appsync", "iot"])("the recipe %s", (name) => {
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

  it("gives its publisher one permission, and nobody else any", () => {
    const { Resources } = read(name);
    for (const role of ["Authorizer", "Http"]) {
      expect(Resources[role].Properties.Policies).toBeUndefined();
    }
    const [policy, ...others] = Resources.Scored.Properties.Policies;
    expect(others).toEqual([]);
    expect(policy.Statement).toEqual([
      name === "iot"
        ? {
            Effect: "Allow",
            Action: "iot:Publish",
            Resource: expect.stringMatching(/topic\/\$\{Prefix\}\/\*$/),
          }
        : {
            Effect: "Allow",
            Action: "appsync:EventPublish",
            Resource: expect.stringMatching(/channelNamespace\/\$\{Namespace\}$/),
          },
    ]);
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
