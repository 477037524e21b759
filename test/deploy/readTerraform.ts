import { z } from "zod";
import { parsePolicy } from "../security/policies.ts";
import {
  type Deployment,
  type LambdaFunction,
  only,
  publisherOf,
  type Route,
} from "./deployment.ts";
import { matchesArn } from "./readCloudFormation.ts";
import { TerraformModule } from "./terraformModule.ts";

/** Of a block that stands once at most. */
const block = <T>(schema: z.ZodType<T>) => z.array(schema).max(1).default([]);

const enabled = z.object({ enabled: z.boolean() });
const tableSchema = z.object({
  hash_key: z.string(),
  range_key: z.string(),
  attribute: z.array(z.object({ name: z.string(), type: z.string() })),
  ttl: block(enabled.extend({ attribute_name: z.string() })),
  billing_mode: z.string().default("PROVISIONED"),
  point_in_time_recovery: block(enabled),
});

const stageSchema = z.object({
  auto_deploy: z.boolean().default(false),
  default_route_settings: block(
    z
      .object({
        throttling_rate_limit: z.number(),
        throttling_burst_limit: z.number(),
        data_trace_enabled: z.boolean(),
      })
      .partial(),
  ),
  access_log_settings: block(z.object({ destination_arn: z.string(), format: z.string() })),
});

const functionSchema = z.object({
  handler: z.string(),
  runtime: z.string(),
  timeout: z.number().default(3),
  role: z.string(),
  environment: block(z.object({ variables: z.record(z.string(), z.string()) })),
});

const statementSchema = z.strictObject({
  actions: z.array(z.string()),
  resources: z.array(z.string()),
  condition: block(
    z.strictObject({ test: z.string(), variable: z.string(), values: z.array(z.string()) }),
  ),
});
const rolePolicySchema = z.object({
  role: z.string(),
  policy: z.strictObject({ statement: z.array(statementSchema) }),
});

const apiSchema = z.object({ protocol_type: z.string(), route_selection_expression: z.string() });
const routeSchema = z.object({ route_key: z.string(), target: z.string() });
const integrationSchema = z.object({
  integration_type: z.string(),
  integration_method: z.literal("POST"),
  integration_uri: z.string(),
});
const permissionSchema = z.object({
  action: z.literal("lambda:InvokeFunction"),
  principal: z.literal("apigateway.amazonaws.com"),
  function_name: z.string(),
  source_arn: z.string(),
});

const queueSchema = z.object({
  visibility_timeout_seconds: z.number().default(30),
  message_retention_seconds: z.number().default(345_600),
  redrive_policy: z.string().optional(),
});
const redriveSchema = z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() });
const sourceSchema = z.object({
  event_source_arn: z.string(),
  function_name: z.string(),
  batch_size: z.number().default(10),
  function_response_types: z.array(z.string()).default([]),
  scaling_config: block(z.object({ maximum_concurrency: z.number() })),
});

const lastOf = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1);

/** What a module makes when it is given these variables. */
export async function readTerraform(
  texts: readonly string[],
  variables: Readonly<Record<string, unknown>>,
): Promise<Deployment> {
  const module = await TerraformModule.parse(texts, variables);
  const all = async <T>(type: string, schema: z.ZodType<T>) =>
    new Map([...(await module.resources(type))].map(([id, item]) => [id, schema.parse(item)]));
  const one = async <T>(type: string, schema: z.ZodType<T>): Promise<T> =>
    only([...(await all(type, schema)).values()], type);

  const api = await one("aws_apigatewayv2_api", apiSchema);
  const stage = await one("aws_apigatewayv2_stage", stageSchema);
  const [settings = {}] = stage.default_route_settings;
  const functions = await readFunctions(module);
  const routes = await readRoutes(module);
  const fanOut = await readFanOut(module);
  const invoked = [fanOut.worker, ...routes.map((route) => route.function)];
  const [domain] = (
    await all("aws_apigatewayv2_domain_name", z.object({ domain_name: z.string() }))
  ).values();
  const [mapping] = (
    await all("aws_apigatewayv2_api_mapping", z.object({ stage: z.string() }))
  ).values();
  return {
    table: readTable(await one("aws_dynamodb_table", tableSchema)),
    api: { protocol: api.protocol_type, routeSelection: api.route_selection_expression },
    stage: {
      name: "STAGE",
      isAutoDeployed: stage.auto_deploy,
      requestsPerSecond: settings.throttling_rate_limit,
      burst: settings.throttling_burst_limit,
      accessLogFormat: stage.access_log_settings[0]?.format,
      hasDataTrace: settings.data_trace_enabled ?? false,
    },
    routes,
    functions,
    publisher: publisherOf(functions, invoked),
    fanOut,
    domain: domain && { name: domain.domain_name, stage: mapping?.stage ?? "" },
    clientUrl: String(await module.output("client_url")),
    publisherEndpoint: String(await module.output("publisher_endpoint")),
  };
}

function readTable(table: z.infer<typeof tableSchema>): Deployment["table"] {
  const types = new Map(table.attribute.map(({ name, type }) => [name, type]));
  const [ttl] = table.ttl;
  return {
    keys: [table.hash_key, table.range_key].map((name) => `${name} ${types.get(name)}`),
    timeToLiveAttribute: ttl?.enabled ? ttl.attribute_name : undefined,
    billing: table.billing_mode,
    hasBackups: table.point_in_time_recovery[0]?.enabled ?? false,
  };
}

async function readRoutes(module: TerraformModule): Promise<readonly Route[]> {
  const integrations = await module.resources("aws_apigatewayv2_integration");
  const permissions = [...(await module.resources("aws_lambda_permission")).values()].map((item) =>
    permissionSchema.parse(item),
  );
  return [...(await module.resources("aws_apigatewayv2_route")).values()].map((item) => {
    const { route_key: key, target } = routeSchema.parse(item);
    const integration = integrationSchema.parse(
      integrations.get(target.replace(/^integrations\//, "")),
    );
    const caller = `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/${key}`;
    return {
      key,
      function: integration.integration_uri,
      integration: integration.integration_type,
      isInvocable: permissions.some(
        ({ function_name: name, source_arn: source }) =>
          name === integration.integration_uri && matchesArn(source, caller),
      ),
    };
  });
}

async function readFunctions(module: TerraformModule): Promise<Deployment["functions"]> {
  const policies = [...(await module.resources("aws_iam_role_policy")).values()].map((item) =>
    rolePolicySchema.parse(item),
  );
  const attachments = [...(await module.resources("aws_iam_role_policy_attachment")).values()].map(
    (item) => z.object({ role: z.string(), policy_arn: z.string() }).parse(item),
  );
  return new Map(
    [...(await module.resources("aws_lambda_function"))].map(([id, item]) => {
      const lambda = functionSchema.parse(item);
      const ofRole = ({ role }: { readonly role: string }) => role === lambda.role;
      const made: LambdaFunction = {
        handler: lambda.handler,
        runtime: lambda.runtime,
        timeoutSeconds: lambda.timeout,
        environment: lambda.environment[0]?.variables ?? {},
        statements: policies.filter(ofRole).flatMap(({ policy }) => statementsOf(policy.statement)),
        managedPolicies: attachments
          .filter(ofRole)
          .map(({ policy_arn: arn }) => arn.slice(arn.lastIndexOf("/") + 1)),
      };
      return [id, made];
    }),
  );
}

function statementsOf(statements: readonly z.infer<typeof statementSchema>[]) {
  return parsePolicy({
    Version: "2012-10-17",
    Statement: statements.map(({ actions, resources, condition: [condition] }) => ({
      Effect: "Allow",
      Action: actions,
      Resource: resources,
      ...(condition && {
        Condition: { [condition.test]: { [condition.variable]: condition.values } },
      }),
    })),
  }).Statement;
}

async function readFanOut(module: TerraformModule): Promise<Deployment["fanOut"]> {
  const queues = new Map(
    [...(await module.resources("aws_sqs_queue"))].map(([id, item]) => [
      id,
      queueSchema.parse(item),
    ]),
  );
  const queue = only(
    [...queues.values()].filter((item) => item.redrive_policy !== undefined),
    "queues with dead letters",
  );
  const redrive = redriveSchema.parse(JSON.parse(queue.redrive_policy ?? ""));
  const sources = [...(await module.resources("aws_lambda_event_source_mapping")).values()];
  const source = sourceSchema.parse(only(sources, "event sources"));
  return {
    visibilityTimeoutSeconds: queue.visibility_timeout_seconds,
    maxReceiveCount: redrive.maxReceiveCount,
    deadLetterRetentionSeconds:
      queues.get(lastOf(redrive.deadLetterTargetArn))?.message_retention_seconds ?? 0,
    queue: lastOf(source.event_source_arn),
    worker: source.function_name,
    batchSize: source.batch_size,
    responses: source.function_response_types,
    maxConcurrency: source.scaling_config[0]?.maximum_concurrency,
  };
}
