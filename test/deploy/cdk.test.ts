import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { PingStack } from "../../examples/deploy/cdk/pingStack.ts";
import { type Settings, settingsOf } from "../../examples/deploy/cdk/settings.ts";
import { broken, type Mistake } from "./broken.ts";
import { templateSchema } from "./cloudFormation.ts";
import { validate } from "./cloudFormationValidator.ts";
import { readCloudFormation } from "./readCloudFormation.ts";
import { violationsOf } from "./rules.ts";

/** For compiling AWS's schemas and for three runs of esbuild, on a busy machine. */
const SLOW_MS = 120_000;

const folder = mkdtempSync(join(tmpdir(), "cdk-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

/** The template as text. Without a folder for them, functions are not bundled. */
function synthesise(settings: Partial<Settings>, outdir?: string): string {
  const app = new App({
    builtinCloudFormationValidation: false,
    outdir: outdir ?? mkdtempSync(join(folder, "plain-")),
    ...(outdir === undefined && { context: { "aws:cdk:bundling-stacks": [] } }),
  });
  const all: Settings = { stage: "STAGE", functions: "three", accessLogs: false, ...settings };
  new PingStack(app, "Ping", all);
  return JSON.stringify(app.synth().getStackByName("Ping").template);
}

/** The bundled file is always `index`; by its construct's id it is known what it was made of. */
function sourceOf(logicalId: string): string {
  if (logicalId.includes("SendPing")) return "sendPing";
  return logicalId.includes("Worker") ? "fanOut" : "handlers";
}

function read(text: string) {
  const template = templateSchema.parse(JSON.parse(text));
  const deployment = readCloudFormation(template);
  const functions = [...deployment.functions].map(([id, lambda]) => {
    const handler = lambda.handler.replace(/^index\./, `${sourceOf(id)}.`);
    return [id, { ...lambda, handler }] as const;
  });
  return { ...deployment, functions: new Map(functions) };
}

let plain: string;

beforeAll(() => {
  plain = synthesise({});
}, SLOW_MS);

describe("the stack is what the README says", () => {
  it.each<[string, Partial<Settings>]>([
    ["with three functions", {}],
    ["with one function", { functions: "one" }],
    ["with access logs", { accessLogs: true }],
    ["with a domain", { domain: { name: "ws.example.com", certificateArn: "arn:aws:acm:x" } }],
  ])("%s", (_, settings) => {
    const deployment = read(synthesise(settings));
    expect(violationsOf(deployment)).toEqual([]);
    expect(deployment.functions.size).toBe(settings.functions === "one" ? 3 : 5);
    expect(deployment.stage.accessLogFormat !== undefined).toBe(settings.accessLogs ?? false);
    expect(deployment.domain?.name).toBe(settings.domain?.name);
  });
});

it(
  "is valid for AWS's validator, which finds a property that is none",
  () => {
    expect(validate(plain, "template.json")).toEqual([]);
    const misspelt = plain.replace("TimeToLiveSpecification", "TimeToLive");
    expect(validate(misspelt, "template.json").join()).toContain("TimeToLive");
  },
  SLOW_MS,
);

it(
  "bundles by esbuild alone, without Docker and network, and each handler is in its bundle",
  async () => {
    const outdir = join(folder, "bundled");
    const template = templateSchema.parse(JSON.parse(synthesise({}, outdir)));
    const functionSchema = z.object({ Handler: z.string(), Code: z.object({ S3Key: z.string() }) });
    const lambdas = Object.entries(template.Resources).filter(
      ([, { Type }]) => Type === "AWS::Lambda::Function",
    );
    expect(lambdas).toHaveLength(5);
    vi.stubEnv("WEBSOCKET_ENDPOINT", "https://a1.execute-api.us-east-1.amazonaws.com/live");
    vi.stubEnv("QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/fan-outs");
    for (const [id, { Properties }] of lambdas) {
      const { Handler, Code } = functionSchema.parse(Properties);
      const bundle = join(outdir, `asset.${Code.S3Key.replace(".zip", "")}`, "index.js");
      const exports = createRequire(import.meta.url)(bundle);
      const source = await import(`../../examples/ping/src/${sourceOf(id)}.ts`);
      expect(Object.keys(exports).sort()).toEqual(Object.keys(source).sort());
      expect(exports[Handler.replace("index.", "")]).toBeTypeOf("function");
    }
  },
  SLOW_MS,
);

const MISTAKES: readonly Mistake[] = [
  {
    name: "TTL attribute misspelt",
    from: '"AttributeName":"expireAt"',
    to: '"AttributeName":"expiresAt"',
    violation: 'TTL of the table is "expiresAt"',
  },
  {
    name: "sort key renamed",
    from: /"AttributeName":"sk"/g,
    to: '"AttributeName":"range"',
    violation: "keys of the table",
  },
  {
    name: "permission removed",
    from: '"dynamodb:BatchGetItem",',
    to: "",
    violation: "lacks Allow dynamodb:BatchGetItem",
  },
  {
    name: "every action on the table",
    from: '"Action":"dynamodb:PutItem"',
    to: '"Action":"dynamodb:*"',
    violation: "may Allow dynamodb:*",
  },
  {
    name: "condition of a permission removed",
    from: /"Condition":\{"ForAllValues:StringLike":\{"dynamodb:LeadingKeys":\["connection#\*"\]\}\},/,
    to: "",
    violation: "if undefined",
  },
  {
    name: "posts to every stage",
    from: "/STAGE/POST/@connections/*",
    to: "/*/POST/@connections/*",
    violation: "API/*/POST",
  },
  {
    name: "route renamed",
    from: '"RouteKey":"$disconnect"',
    to: '"RouteKey":"disconnect"',
    violation: "routes is",
  },
  {
    name: "the API may not invoke",
    from: '/*$connect"',
    to: '/*connect-is-another"',
    violation: "may not invoke the function of $connect",
  },
  {
    name: "table's name not given",
    from: '"TABLE_NAME"',
    to: '"TABLE"',
    violation: "environment of",
  },
];

describe("a mistake is noticed", () => {
  it.each(MISTAKES)("$name", (mistake) => {
    expect(violationsOf(read(broken(plain, mistake))).join("\n")).toContain(mistake.violation);
  });
});

describe("a setting that is wrong gives one clear error", () => {
  it.each<[Readonly<Record<string, unknown>>, string]>([
    [{}, "no stage was given. Give one"],
    [{ stage: "a b" }, '"a b" is no stage. Give one'],
    [{ stage: "live", functions: "two" }, 'functions is "two". Give'],
    [{ stage: "live", domainName: "ws.example.com" }, "certificateArn is missing"],
    [{ stage: "live", certificateArn: "arn:aws:acm:x" }, "domainName is missing"],
    [{ stage: "live", accessLogs: "yes" }, 'accessLogs is "yes". Give'],
  ])("%j", (context, message) => {
    expect(() => settingsOf((name) => context[name])).toThrow(message);
  });
});
