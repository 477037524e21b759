import { readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { parse } from "yaml";
import { validate } from "../../../test/deploy/cloudFormationValidator.ts";

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
