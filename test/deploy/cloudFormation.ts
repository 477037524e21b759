import { z } from "zod";
import { QUEUE_URL } from "./deployment.ts";

const resourceSchema = z.looseObject({
  Type: z.string(),
  Condition: z.string().optional(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});

/** The parts of a template that are read here. */
export const templateSchema = z.looseObject({
  Parameters: z.record(z.string(), z.looseObject({ Default: z.unknown().optional() })).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z
    .record(z.string(), z.looseObject({ Condition: z.string().optional(), Value: z.unknown() }))
    .default({}),
});

/** A parsed template, before its functions are resolved. */
export type Template = z.infer<typeof templateSchema>;

type Json = unknown;

const PSEUDO_PARAMETERS: Readonly<Record<string, string | undefined>> = {
  "AWS::AccountId": "ACCOUNT",
  "AWS::Partition": "aws",
  "AWS::Region": "REGION",
  "AWS::StackName": "ping",
  "AWS::URLSuffix": "amazonaws.com",
};

const TABLES = ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"];

/** A template as CloudFormation would fill it in, with placeholders for what only AWS knows. */
export class ResolvedTemplate {
  private readonly template: Template;
  private readonly parameters: Readonly<Record<string, string>>;

  constructor(template: Template, parameters: Readonly<Record<string, string>>) {
    this.template = template;
    this.parameters = parameters;
  }

  /** Resolved properties of the resources of a type that are made, by logical id. */
  resources(...types: readonly string[]): ReadonlyMap<string, Json> {
    return new Map(
      Object.entries(this.template.Resources)
        .filter(([, { Type, Condition }]) => types.includes(Type) && this.isTrue(Condition))
        .map(([id, { Properties }]) => [id, this.resolve(Properties)]),
    );
  }

  output(name: string): string {
    const output = this.template.Outputs[name];
    if (output === undefined || !this.isTrue(output.Condition))
      throw new Error(`no output ${name}`);
    return z.string().parse(this.resolve(output.Value));
  }

  private isTrue(condition: string | undefined): boolean {
    if (condition === undefined) return true;
    if (!(condition in this.template.Conditions)) throw new Error(`no condition ${condition}`);
    return this.resolve(this.template.Conditions[condition]) === true;
  }

  private resolve(value: Json): Json {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item)).filter(isDefined);
    if (typeof value !== "object" || value === null) return value;
    const [[name, argument] = ["", undefined], ...others] = Object.entries(value);
    if (others.length === 0 && (name === "Ref" || name === "Condition" || name.startsWith("Fn::")))
      return this.call(name, argument);
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, item]) => [key, this.resolve(item)] as const)
        .filter(([, item]) => isDefined(item)),
    );
  }

  private call(name: string, argument: Json): Json {
    if (name === "Fn::If") {
      const [condition, yes, no] = argument as [string, Json, Json];
      return this.resolve(this.isTrue(condition) ? yes : no);
    }
    if (name === "Ref") return this.ref(String(argument));
    if (name === "Condition") return this.isTrue(String(argument));
    const resolved = this.resolve(argument);
    switch (name) {
      case "Fn::GetAtt":
        return this.attribute(...(resolved as [string, string]));
      case "Fn::Sub":
        return this.substitute(z.string().parse(resolved));
      case "Fn::Join": {
        const [separator, parts] = resolved as [string, string[]];
        return parts.join(separator);
      }
      case "Fn::Equals": {
        const [left, right] = resolved as [Json, Json];
        return left === right;
      }
      case "Fn::Not":
        return !(resolved as [boolean])[0];
      default:
        throw new Error(`${name} is not known here`);
    }
  }

  private ref(name: string): Json {
    if (name === "AWS::NoValue") return undefined;
    const pseudo = PSEUDO_PARAMETERS[name];
    if (pseudo !== undefined) return pseudo;
    if (name in this.template.Parameters) {
      const value = this.parameters[name] ?? this.template.Parameters[name]?.Default;
      if (value === undefined) throw new Error(`parameter ${name} has no value`);
      return value;
    }
    const { Type, Properties } = this.resource(name);
    if (TABLES.includes(Type)) return "TABLE";
    if (Type === "AWS::ApiGatewayV2::Api") return "API";
    if (Type === "AWS::ApiGatewayV2::Stage") return this.resolve(Properties["StageName"]);
    if (Type === "AWS::SQS::Queue") return QUEUE_URL.replace("QUEUE", this.queueName(name));
    return name;
  }

  private attribute(id: string, attribute: string): string {
    const { Type } = this.resource(id);
    if (attribute !== "Arn") return `${id}.${attribute}`;
    if (TABLES.includes(Type)) return "arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE";
    if (Type === "AWS::SQS::Queue") return `arn:aws:sqs:REGION:ACCOUNT:${this.queueName(id)}`;
    return `arn:aws:SERVICE:REGION:ACCOUNT:${id}`;
  }

  /** The queue for fan-outs is the one that has a queue for its dead letters. */
  private queueName(id: string): string {
    return this.resource(id).Properties["RedrivePolicy"] === undefined ? id : "QUEUE";
  }

  private substitute(text: string): string {
    return text.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
      const [id = "", attribute] = name.split(".");
      return attribute === undefined ? String(this.ref(id)) : this.attribute(id, attribute);
    });
  }

  private resource(id: string) {
    const resource = this.template.Resources[id];
    if (resource === undefined) throw new Error(`no resource or parameter ${id}`);
    return resource;
  }
}

function isDefined(value: Json): boolean {
  return value !== undefined;
}
