import { createRequire } from "node:module";

interface Diagnostic {
  readonly severity: string;
  readonly message: string;
}

interface Validator {
  readonly SchemaValidator: new () => {
    validate(template: object, region: string): readonly Diagnostic[];
  };
  readonly TemplateContent: new (content: string, name: string) => object;
}

/**
 * AWS's own validator, with the schemas of all resources. The CDK carries it; what is on npm by itself is an older beta.
 *
 * @see https://github.com/aws-cloudformation/cloudformation-validate
 */
const fromTheCdk = createRequire(
  createRequire(import.meta.url).resolve("aws-cdk-lib/package.json"),
);

let validator:
  | (Validator & { readonly schemas: InstanceType<Validator["SchemaValidator"]> })
  | null = null;

/** What the schemas refuse in a template, in AWS's words. */
export function validate(template: string, name: "template.json" | "template.yaml") {
  validator ??= load();
  return validator.schemas
    .validate(new validator.TemplateContent(template, name), "us-east-1")
    .filter(({ severity }) => severity !== "INFO")
    .map(({ severity, message }) => `${severity} ${message}`);
}

/** Compiles the schemas, which takes a second. */
function load() {
  const { SchemaValidator, TemplateContent }: Validator = fromTheCdk(
    "@aws/cloudformation-validate",
  );
  return { SchemaValidator, TemplateContent, schemas: new SchemaValidator() };
}
