import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { accessLogFormat } from "../../examples/deploy/accessLogFormat.ts";
import { broken, type Mistake } from "./broken.ts";
import { validate } from "./cloudFormationValidator.ts";
import { readCloudFormation } from "./readCloudFormation.ts";
import { violationsOf } from "./rules.ts";
import { parseSam } from "./samTemplate.ts";

/** For compiling AWS's schemas on a busy machine. */
const SLOW_MS = 120_000;

const text = readFileSync(
  new URL("../../examples/deploy/sam/template.yaml", import.meta.url),
  "utf8",
);

const read = (template: string, parameters: Readonly<Record<string, string>> = {}) =>
  readCloudFormation(parseSam(template), { Stage: "STAGE", ...parameters });

const withDomain = { DomainName: "ws.example.com", CertificateArn: "arn:aws:acm:x" };

describe("the template is what the README says", () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ["with the stage alone", {}],
    ["with access logs", { AccessLogs: "true" }],
    ["with a domain", withDomain],
  ])("%s", (_, parameters) => {
    const deployment = read(text, parameters);
    expect(violationsOf(deployment)).toEqual([]);
    expect(deployment.functions.size).toBe(3);
    expect(deployment.stage.accessLogFormat !== undefined).toBe("AccessLogs" in parameters);
    expect(deployment.domain?.name).toBe(parameters["DomainName"]);
  });
});

it(
  "is valid for AWS's schemas, which find a property that is none",
  () => {
    expect(validate(text, "template.yaml")).toEqual([]);
    const misspelt = text.replace("ThrottlingRateLimit", "ThrottlingRate");
    expect(validate(misspelt, "template.yaml").join()).toContain("ThrottlingRate");
  },
  SLOW_MS,
);

const MISTAKES: readonly Mistake[] = [
  {
    name: "TTL attribute misspelt",
    from: "AttributeName: expireAt",
    to: "AttributeName: expiresAt",
    violation: 'TTL of the table is "expiresAt"',
  },
  {
    name: "key renamed",
    from: /AttributeName: pk/g,
    to: "AttributeName: id",
    violation: 'keys of the table is ["id S","sk S"]',
  },
  {
    name: "permission removed",
    from: "dynamodb:PutItem, dynamodb:UpdateItem",
    to: "dynamodb:PutItem",
    violation: "WebSocket lacks Allow dynamodb:UpdateItem",
  },
  {
    name: "wildcard in an action",
    from: "sqs:SendMessage",
    to: "sqs:*",
    violation: "SendPing may Allow sqs:*",
  },
  {
    name: "posts to every stage",
    from: "${Api}/${Stage}/POST/@connections/*",
    to: "${Api}/*",
    violation: "WebSocket may Allow execute-api:ManageConnections",
  },
  {
    name: "route missing",
    from: / {2}DisconnectRoute:[\s\S]*?(?= {2}DefaultRoute:)/,
    to: "",
    violation: 'routes is ["$connect","$default"]',
  },
  {
    name: "the API may not invoke",
    from: "${Api}/*\n\n  ConnectRoute",
    to: "${Api}/other/*\n\n  ConnectRoute",
    violation: "may not invoke the function of $default",
  },
  {
    name: "posts to the clients' domain",
    from: "WEBSOCKET_ENDPOINT: !Sub https://${Api}",
    to: "WEBSOCKET_ENDPOINT: !Sub https://ws",
    violation: "environment of SendPing",
  },
  {
    name: "no throttling",
    from: "ThrottlingRateLimit: 1000, ",
    to: "",
    violation: "clients may use up",
  },
  {
    name: "visibility timeout of the worker's timeout",
    from: "VisibilityTimeout: 180",
    to: "VisibilityTimeout: 30",
    violation: "visibility timeout of the queue is 30, not 180",
  },
  {
    name: "worker reads the dead letters",
    from: "EventSourceArn: !GetAtt FanOuts.Arn",
    to: "EventSourceArn: !GetAtt DeadFanOuts.Arn",
    violation: "queue of the worker",
  },
  {
    name: "no partial responses",
    from: /FunctionResponseTypes: .*/,
    to: "",
    violation: "responses of the worker",
  },
  {
    name: "too many workers",
    from: "MaximumConcurrency: 5",
    to: "MaximumConcurrency: 50",
    violation: "50 workers at once",
  },
  {
    name: "an old runtime",
    from: "nodejs24.x",
    to: "nodejs18.x",
    violation: 'runtime of Worker is "nodejs18.x"',
  },
  {
    name: "a handler that is none",
    from: "fanOut.worker",
    to: "fanOut.handler",
    violation: "handler of Worker",
  },
  {
    name: "backups",
    from: "PointInTimeRecoveryEnabled: false",
    to: "PointInTimeRecoveryEnabled: true",
    violation: "backups keep sessions",
  },
];

describe("a mistake is noticed", () => {
  it.each(MISTAKES)("$name", (mistake) => {
    expect(violationsOf(read(broken(text, mistake))).join("\n")).toContain(mistake.violation);
  });

  it("a token in the access log", () => {
    const mistake = { from: "$context.connectionId", to: "$context.authorizer.token" };
    const copy = broken(text, { ...mistake, name: "token", violation: "" });
    expect(violationsOf(read(copy, { AccessLogs: "true" })).join()).toContain("authorizer.token");
    expect(accessLogFormat).not.toMatch(/authorizer|querystring|header|identity/);
  });

  it.each([
    ["a property that SAM does not have", "Timeout: 29", "Timeot: 29"],
    [
      "an event, which adds permissions on every queue",
      "Timeout: 29",
      "Timeout: 29\n      Events: {}",
    ],
    ["a resource that is not there", "!Ref FanOuts", "!Ref FanOut"],
  ])("%s", (_, from, to) => {
    expect(() => read(text.replace(from, to))).toThrow();
  });
});

describe("parameters that are wrong are refused by CloudFormation", () => {
  it("a stage is asked for, and has a form", () => {
    expect(() => readCloudFormation(parseSam(text))).toThrow("parameter Stage has no value");
    const { Stage } = parseSam(text).Parameters;
    expect(Stage).toMatchObject({ AllowedPattern: "[A-Za-z0-9_-]{1,64}" });
    expect(Stage?.["ConstraintDescription"]).toContain("Stage takes 1 to 64");
  });

  it("a domain and its certificate come together", () => {
    const rules = JSON.stringify(parseSam(text)["Rules"]);
    expect(rules).toContain("DomainName takes a CertificateArn of the same region");
    expect(rules).toContain("CertificateArn is of no use without a DomainName");
  });
});
