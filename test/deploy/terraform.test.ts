import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { broken, type Mistake } from "./broken.ts";
import { readTerraform } from "./readTerraform.ts";
import { violationsOf } from "./rules.ts";

const folder = new URL("../../examples/deploy/terraform/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".tf"));
const files = names.map((name) => readFileSync(new URL(name, folder), "utf8"));

const read = (texts: readonly string[], variables: Readonly<Record<string, unknown>> = {}) =>
  readTerraform(texts, { stage: "STAGE", ...variables });

/** The module with a mistake in the one file that has its text. */
function withMistake(mistake: Mistake): readonly string[] {
  const index = files.findIndex((text) => text.search(mistake.from) >= 0);
  return files.map((text, at) => (at === index ? broken(text, mistake) : text));
}

describe("the module is what the README says", () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["with the stage alone", {}],
    ["with access logs", { access_logs: true }],
    ["with a domain", { domain: { name: "ws.example.com", certificate_arn: "arn:aws:acm:x" } }],
  ])("%s", async (_, variables) => {
    const deployment = await read(files, variables);
    expect(violationsOf(deployment)).toEqual([]);
    expect(deployment.functions.size).toBe(5);
    expect(deployment.stage.accessLogFormat !== undefined).toBe("access_logs" in variables);
    expect(deployment.domain !== undefined).toBe("domain" in variables);
  });
});

const MISTAKES: readonly Mistake[] = [
  {
    name: "TTL attribute misspelt",
    from: /"expireAt"/,
    to: '"expiresAt"',
    violation: 'TTL of the table is "expiresAt"',
  },
  {
    name: "TTL switched off",
    from: /attribute_name = "expireAt"\n {4}enabled {8}= true/,
    to: 'attribute_name = "expireAt"\nenabled = false',
    violation: "TTL of the table is undefined",
  },
  {
    name: "key renamed",
    from: /range_key {4}= "sk"/,
    to: 'range_key = "range"',
    violation: "keys of the table",
  },
  {
    name: "permission removed",
    from: /"dynamodb:UpdateItem", "dynamodb:Query"/,
    to: '"dynamodb:UpdateItem"',
    violation: "disconnect lacks Allow dynamodb:Query",
  },
  {
    name: "another pattern of keys",
    from: /\["secret#cursor", "fanOut#\*"\]/,
    to: '["secret#*", "fanOut#*"]',
    violation: "send_ping may Allow dynamodb:GetItem",
  },
  {
    name: "events without their keys",
    from: /\["event#\*", "published#\*"\]/,
    to: '["event#*"]',
    violation: "send_ping lacks Allow dynamodb:PutItem",
  },
  {
    name: "wildcard in an action",
    from: /"sqs:SendMessage"/,
    to: '"sqs:*"',
    violation: "may Allow sqs:*",
  },
  {
    name: "route missing",
    from: /"\$disconnect" = "disconnect"/,
    to: "",
    violation: "routes is",
  },
  {
    name: "route to another function",
    from: /"\$default" {4}= "default"/,
    to: '"$default" = "connect"',
    violation: "timeout of connect is 10, not 29",
  },
  {
    name: "posts to the clients' URL",
    from: /"https:\/\/"/,
    to: '"wss://"',
    violation: "endpoint for publishers",
  },
  {
    name: "visibility timeout of the worker's timeout",
    from: /= 180/,
    to: "= 30",
    violation: "visibility timeout of the queue is 30, not 180",
  },
  {
    name: "no limit of workers",
    from: / {2}scaling_config \{[^}]*\}/,
    to: "",
    violation: "undefined workers at once",
  },
  {
    name: "no dead-letter queue's retention",
    from: / {2}message_retention_seconds = 1209600/,
    to: "",
    violation: "dead letters are kept",
  },
];

describe("a mistake is noticed", () => {
  it.each(MISTAKES)("$name", async (mistake) => {
    const violations = violationsOf(await read(withMistake(mistake))).join("\n");
    expect(violations).toContain(mistake.violation);
  });

  it("a token in the access log", async () => {
    const mistake = { name: "token", from: /\$context\.connectionId/, violation: "" };
    const copy = withMistake({ ...mistake, to: "$context.authorizer.token" });
    expect(violationsOf(await read(copy, { access_logs: true })).join()).toContain(
      "authorizer.token",
    );
  });

  it.each<[string, RegExp, string]>([
    ["a resource that is not there", /aws_sqs_queue\.fan_outs\.url/, "aws_sqs_queue.fan_out.url"],
    ["an attribute that is not there", /live\.execution_arn/, "live.arn"],
    ["what is no HCL", /hash_key/, "hash_key ="],
  ])("%s", async (name, from, to) => {
    await expect(read(withMistake({ name, from, to, violation: "" }))).rejects.toThrow();
  });
});

describe("variables that are wrong are refused by Terraform", () => {
  it("a stage is asked for, and has a form", async () => {
    await expect(readTerraform(files, {})).rejects.toThrow("variable stage has no value");
    expect(files.join()).toContain("stage takes 1 to 32 letters");
  });

  it("a domain without a certificate is of the wrong type", () => {
    expect(files.join()).toMatch(/object\(\{\s+name +?= string\s+certificate_arn = string\s+\}\)/);
  });
});
