import { parse, type ScalarTag } from "yaml";
import { z } from "zod";
import { type Template, templateSchema } from "./cloudFormation.ts";

const FUNCTIONS = ["Equals", "If", "Not", "Sub", "Join", "And", "Or"];

/** CloudFormation's short forms: `!Sub text` is `{ "Fn::Sub": text }`. */
const TAGS = [
  ...["Ref", "Condition"].map((name) => scalarTag(name, (text) => ({ [name]: text }))),
  ...FUNCTIONS.map((name) => scalarTag(name, (text) => ({ [`Fn::${name}`]: text }))),
  scalarTag("GetAtt", (text) => ({ "Fn::GetAtt": text.split(/\.(.*)/).slice(0, 2) })),
  ...FUNCTIONS.map((name) => ({
    tag: `!${name}`,
    collection: "seq" as const,
    resolve: (sequence: { toJSON(): unknown }) => ({ [`Fn::${name}`]: sequence.toJSON() }),
  })),
];

function scalarTag(name: string, toValue: (text: string) => unknown): ScalarTag {
  return { tag: `!${name}`, resolve: toValue };
}

const functionSchema = z.strictObject({
  Handler: z.string(),
  Timeout: z.number(),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }).optional(),
  Policies: z.array(z.looseObject({ Statement: z.array(z.unknown()) })),
});

const globalsSchema = z.object({
  Function: z.looseObject({
    Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
  }),
});

/**
 * Parses a SAM template, and makes of its functions what SAM's transform does: a function with the globals, and a role
 * that may write logs and what the function's own policies say.
 *
 * @throws Error for a property that this transform does not know, `Events` among them
 */
export function parseSam(text: string): Template {
  const source = parse(text, { customTags: TAGS as never, schema: "core", logLevel: "error" });
  const { Function: globals } = globalsSchema.parse(source.Globals);
  const template = templateSchema.parse(source);
  const resources = Object.entries(template.Resources).flatMap(([id, resource]) => {
    if (resource.Type !== "AWS::Serverless::Function") return [[id, resource] as const];
    const { Policies, Environment, ...own } = functionSchema.parse(resource.Properties);
    const Variables = { ...globals.Environment.Variables, ...Environment?.Variables };
    const lambda = { ...globals, ...own, Environment: { Variables } };
    return [
      [
        id,
        {
          Type: "AWS::Lambda::Function",
          Properties: { ...lambda, Role: { "Fn::GetAtt": [`${id}Role`, "Arn"] } },
        },
      ] as const,
      [
        `${id}Role`,
        {
          Type: "AWS::IAM::Role",
          Properties: {
            ManagedPolicyArns: ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
            Policies: Policies.map((PolicyDocument) => ({ PolicyDocument })),
          },
        },
      ] as const,
    ];
  });
  return { ...template, Resources: Object.fromEntries(resources) };
}
