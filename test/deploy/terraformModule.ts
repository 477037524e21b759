import { parse } from "@cdktn/hcl2json";
import { z } from "zod";
import { QUEUE_URL } from "./deployment.ts";
import { evaluate, type Lookup } from "./hcl.ts";

type Block = Readonly<Record<string, unknown>>;
type Blocks = Readonly<Record<string, Readonly<Record<string, readonly Block[]>>>>;

const fileSchema = z.object({
  resource: z.record(z.string(), z.record(z.string(), z.array(z.looseObject({})))).default({}),
  data: z.record(z.string(), z.record(z.string(), z.array(z.looseObject({})))).default({}),
  locals: z.array(z.record(z.string(), z.unknown())).default([]),
  variable: z
    .record(z.string(), z.array(z.looseObject({ default: z.unknown().optional() })))
    .default({}),
  output: z.record(z.string(), z.array(z.object({ value: z.unknown() }))).default({}),
});

type File = z.infer<typeof fileSchema>;

/** What AWS gives, by type and attribute. Others are told apart by their name or their key of `for_each`. */
const ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  aws_dynamodb_table: { arn: "arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE", name: "TABLE" },
  aws_apigatewayv2_api: { id: "API", execution_arn: "arn:aws:execute-api:REGION:ACCOUNT:API" },
  aws_apigatewayv2_stage: {
    id: "STAGE",
    execution_arn: "arn:aws:execute-api:REGION:ACCOUNT:API/STAGE",
    invoke_url: "wss://API.execute-api.REGION.amazonaws.com/STAGE",
  },
};

const OTHER_ATTRIBUTES = ["arn", "id", "name", "function_name", "invoke_arn"];

/** A Terraform module as `terraform apply` would evaluate it, with placeholders for what only AWS knows. */
export class TerraformModule {
  private readonly files: readonly File[];
  private readonly variables: Readonly<Record<string, unknown>>;

  private constructor(files: readonly File[], variables: Readonly<Record<string, unknown>>) {
    this.files = files;
    this.variables = variables;
  }

  static async parse(texts: readonly string[], variables: Readonly<Record<string, unknown>>) {
    const files = await Promise.all(texts.map((text, index) => parse(`${index}.tf`, text)));
    return new TerraformModule(
      files.map((file) => fileSchema.parse(file)),
      variables,
    );
  }

  /** Evaluated resources of a type, by their key of `for_each`, or else by their name. */
  async resources(type: string): Promise<ReadonlyMap<string, Block>> {
    const instances = await Promise.all(
      Object.entries(this.blocks("resource", type)).map(([name, block]) =>
        this.instancesOf(name, block),
      ),
    );
    return new Map(instances.flat());
  }

  async output(name: string): Promise<unknown> {
    const block = this.files.flatMap(({ output }) => output[name] ?? [])[0];
    if (block === undefined) throw new Error(`no output ${name}`);
    return evaluate(block.value, this.lookup);
  }

  private blocks(kind: "resource" | "data", type: string): Readonly<Record<string, Block>> {
    const found = this.files.flatMap((file) => Object.entries((file[kind] as Blocks)[type] ?? {}));
    return Object.fromEntries(found.map(([name, [block = {}]]) => [name, block]));
  }

  private async instancesOf(
    name: string,
    block: Block,
  ): Promise<readonly (readonly [string, Block])[]> {
    const { for_each: forEach, count, depends_on: _, dynamic, ...own } = block;
    if ((await evaluate(count ?? 1, this.lookup)) === 0) return [];
    const keys = Object.entries(
      (await evaluate(forEach ?? { [name]: null }, this.lookup)) as object,
    );
    return Promise.all(
      keys.map(async ([key, value]) => {
        const each: Lookup = ([first, second, ...rest]) =>
          first !== "each"
            ? this.lookup([first, second, ...rest] as string[])
            : second === "key"
              ? key
              : fieldOf(value, rest);
        const evaluated = (await evaluate(own, each)) as Block;
        return [key, { ...evaluated, ...(await this.dynamicBlocks(dynamic)) }] as const;
      }),
    );
  }

  private async dynamicBlocks(dynamic: unknown): Promise<Block> {
    const blocks = Object.entries(
      (dynamic ?? {}) as Record<string, [Block & { content: unknown }]>,
    );
    const made = blocks.map(async ([name, [{ for_each, content }]]) => {
      const items = (await evaluate(for_each, this.lookup)) as readonly unknown[];
      return items.length === 0 ? {} : { [name]: await evaluate(content, this.lookup) };
    });
    return Object.assign({}, ...(await Promise.all(made)));
  }

  private readonly lookup: Lookup = async ([first = "", second = "", ...rest]) => {
    if (first === "var") return fieldOf(await this.variable(second), rest);
    if (first === "local") return fieldOf(await this.local(second), rest);
    if (first === "data") return this.policyDocument(second, rest);
    return this.attribute(first, second, rest);
  };

  private variable(name: string): unknown {
    const [declared] = this.files.flatMap(({ variable }) => variable[name] ?? []);
    if (declared === undefined) throw new Error(`no variable ${name}`);
    const value = this.variables[name] ?? declared.default;
    if (value === undefined) throw new Error(`variable ${name} has no value`);
    return value;
  }

  private local(name: string): Promise<unknown> {
    const found = this.files.flatMap(({ locals }) => locals).find((locals) => name in locals);
    if (found === undefined) throw new Error(`no local ${name}`);
    return evaluate(found[name], this.lookup);
  }

  private async policyDocument(type: string, [name = "", attribute]: readonly string[]) {
    const block = this.blocks("data", type)[name];
    if (block === undefined) throw new Error(`no data ${type} ${name}`);
    if (type !== "aws_iam_policy_document" || attribute !== "json") return `${type}.${name}`;
    return evaluate(block, this.lookup);
  }

  private attribute(type: string, name: string, path: readonly string[]): string {
    const block = this.blocks("resource", type)[name];
    const attribute = path.at(-1) ?? "";
    if (block === undefined) throw new Error(`no resource ${type} ${name}`);
    const known = ATTRIBUTES[type];
    if (known !== undefined) {
      const value = known[attribute];
      if (value === undefined) throw new Error(`${type} has no ${attribute} here`);
      return value;
    }
    const id = path.length > 1 ? (path[0] ?? "") : name;
    if (type === "aws_sqs_queue") {
      // The queue for fan-outs is the one that has a queue for its dead letters.
      const queue = block["redrive_policy"] === undefined ? id : "QUEUE";
      return attribute === "url"
        ? QUEUE_URL.replace("QUEUE", queue)
        : `arn:aws:sqs:REGION:ACCOUNT:${queue}`;
    }
    if (!OTHER_ATTRIBUTES.includes(attribute)) throw new Error(`${type} has no ${attribute} here`);
    return id;
  }
}

function fieldOf(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((item, key) => {
    if (typeof item !== "object" || item === null || !(key in item)) throw new Error(`no ${key}`);
    return (item as Record<string, unknown>)[key];
  }, value);
}
