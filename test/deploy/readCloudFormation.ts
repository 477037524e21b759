import { z } from "zod";
import { parsePolicy } from "../security/policies.ts";
import { ResolvedTemplate, type Template } from "./cloudFormation.ts";
import {
  type Deployment,
  type LambdaFunction,
  only,
  publisherOf,
  type Route,
} from "./deployment.ts";

const backups = z.object({ PointInTimeRecoveryEnabled: z.boolean() }).optional();

const tableSchema = z.object({
  KeySchema: z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(["HASH", "RANGE"]) })),
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.string() })),
  TimeToLiveSpecification: z
    .object({ AttributeName: z.string(), Enabled: z.literal(true) })
    .optional(),
  BillingMode: z.string().default("PROVISIONED"),
  PointInTimeRecoverySpecification: backups,
  /** Of a global table. */
  Replicas: z.array(z.object({ PointInTimeRecoverySpecification: backups })).default([]),
});

const stageSchema = z.object({
  StageName: z.string(),
  AutoDeploy: z.boolean().default(false),
  DefaultRouteSettings: z
    .object({
      ThrottlingRateLimit: z.number(),
      ThrottlingBurstLimit: z.number(),
      DataTraceEnabled: z.boolean(),
    })
    .partial()
    .default({}),
  AccessLogSettings: z.object({ DestinationArn: z.string(), Format: z.string() }).optional(),
});

const functionSchema = z.object({
  Handler: z.string(),
  Runtime: z.string(),
  Timeout: z.number(),
  Role: z.string(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
});

const documents = z.array(z.object({ PolicyDocument: z.unknown() })).default([]);
const roleSchema = z.object({ ManagedPolicyArns: z.array(z.string()), Policies: documents });
const policySchema = z.object({ Roles: z.array(z.string()), PolicyDocument: z.unknown() });

const apiSchema = z.object({ ProtocolType: z.string(), RouteSelectionExpression: z.string() });
const routeSchema = z.object({ RouteKey: z.string(), Target: z.string() });
const integrationSchema = z.object({ IntegrationType: z.string(), IntegrationUri: z.string() });
const permissionSchema = z.object({
  Action: z.literal("lambda:InvokeFunction"),
  Principal: z.literal("apigateway.amazonaws.com"),
  FunctionName: z.string(),
  SourceArn: z.string(),
});

const queueSchema = z.object({
  VisibilityTimeout: z.number().default(30),
  MessageRetentionPeriod: z.number().default(345_600),
  RedrivePolicy: z
    .object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() })
    .optional(),
});
const sourceSchema = z.object({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  BatchSize: z.number().default(10),
  FunctionResponseTypes: z.array(z.string()).default([]),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }).optional(),
});
const mappingSchema = z.object({ DomainName: z.string(), Stage: z.string() });

const lastOf = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1);

/** What a template makes when it is given these parameters. */
export function readCloudFormation(
  source: Template,
  parameters: Readonly<Record<string, string>> = {},
): Deployment {
  const template = new ResolvedTemplate(source, parameters);
  const all = <T>(schema: z.ZodType<T>, ...types: readonly string[]) =>
    [...template.resources(...types)].map(
      ([id, properties]) => [id, schema.parse(properties)] as const,
    );
  const one = <T>(schema: z.ZodType<T>, ...types: readonly string[]): T =>
    only(all(schema, ...types), types.join())[1];

  const stage = one(stageSchema, "AWS::ApiGatewayV2::Stage");
  const routes = readRoutes(template, stage.StageName);
  const fanOut = readFanOut(template);
  const functions = readFunctions(template);
  const invoked = [fanOut.worker, ...routes.map((route) => route.function)];
  const publisher = publisherOf(functions, invoked);
  const api = one(apiSchema, "AWS::ApiGatewayV2::Api");
  const [mapping] = all(mappingSchema, "AWS::ApiGatewayV2::ApiMapping").map(([, item]) => item);
  const domains = all(z.object({ DomainName: z.string() }), "AWS::ApiGatewayV2::DomainName");
  return {
    table: readTable(one(tableSchema, "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")),
    api: { protocol: api.ProtocolType, routeSelection: api.RouteSelectionExpression },
    stage: {
      name: stage.StageName,
      isAutoDeployed: stage.AutoDeploy,
      requestsPerSecond: stage.DefaultRouteSettings.ThrottlingRateLimit,
      burst: stage.DefaultRouteSettings.ThrottlingBurstLimit,
      accessLogFormat: stage.AccessLogSettings?.Format,
      hasDataTrace: stage.DefaultRouteSettings.DataTraceEnabled ?? false,
    },
    routes,
    functions,
    publisher,
    fanOut,
    domain: mapping && {
      name: only(domains, "domain names")[1].DomainName,
      stage: mapping.Stage,
    },
    clientUrl: template.output("ClientUrl"),
    publisherEndpoint: template.output("PublisherEndpoint"),
  };
}

function readTable(table: z.infer<typeof tableSchema>): Deployment["table"] {
  const types = new Map(
    table.AttributeDefinitions.map(({ AttributeName, AttributeType }) => [
      AttributeName,
      AttributeType,
    ]),
  );
  return {
    keys: table.KeySchema.toSorted((a, b) => a.KeyType.localeCompare(b.KeyType)).map(
      ({ AttributeName }) => `${AttributeName} ${types.get(AttributeName)}`,
    ),
    timeToLiveAttribute: table.TimeToLiveSpecification?.AttributeName,
    billing: table.BillingMode,
    hasBackups: [table, ...table.Replicas].some(
      (item) => item.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled,
    ),
  };
}

function readRoutes(template: ResolvedTemplate, stage: string): readonly Route[] {
  const integrations = template.resources("AWS::ApiGatewayV2::Integration");
  const permissions = [...template.resources("AWS::Lambda::Permission").values()].map(
    (properties) => permissionSchema.parse(properties),
  );
  return [...template.resources("AWS::ApiGatewayV2::Route").values()].map((properties) => {
    const { RouteKey, Target } = routeSchema.parse(properties);
    const integration = integrationSchema.parse(
      integrations.get(Target.replace(/^integrations\//, "")),
    );
    const name = lastOf(
      /functions\/(.+)\/invocations$/.exec(integration.IntegrationUri)?.[1] ?? "",
    );
    const caller = `arn:aws:execute-api:REGION:ACCOUNT:API/${stage}/${RouteKey}`;
    return {
      key: RouteKey,
      function: name,
      integration: integration.IntegrationType,
      isInvocable: permissions.some(
        ({ FunctionName, SourceArn }) =>
          lastOf(FunctionName) === name && matchesArn(SourceArn, caller),
      ),
    };
  });
}

/** Whether a pattern with `*` in it is for an ARN. */
export function matchesArn(pattern: string, arn: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.|?+(){}[\]]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(arn);
}

function readFunctions(template: ResolvedTemplate): ReadonlyMap<string, LambdaFunction> {
  const roles = template.resources("AWS::IAM::Role");
  const policies = [...template.resources("AWS::IAM::Policy").values()].map((properties) =>
    policySchema.parse(properties),
  );
  return new Map(
    [...template.resources("AWS::Lambda::Function")].map(([id, properties]) => {
      const lambda = functionSchema.parse(properties);
      const roleId = lastOf(lambda.Role);
      const role = roleSchema.parse(roles.get(roleId));
      const attached = policies.filter(({ Roles }) => Roles.includes(roleId));
      return [
        id,
        {
          handler: lambda.Handler,
          runtime: lambda.Runtime,
          timeoutSeconds: lambda.Timeout,
          environment: lambda.Environment.Variables,
          statements: [...role.Policies, ...attached].flatMap(
            ({ PolicyDocument }) => parsePolicy(PolicyDocument).Statement,
          ),
          managedPolicies: role.ManagedPolicyArns.map((arn) => arn.slice(arn.lastIndexOf("/") + 1)),
        },
      ];
    }),
  );
}

function readFanOut(template: ResolvedTemplate): Deployment["fanOut"] {
  const queues = new Map(
    [...template.resources("AWS::SQS::Queue")].map(([id, properties]) => [
      id,
      queueSchema.parse(properties),
    ]),
  );
  const sources = [...template.resources("AWS::Lambda::EventSourceMapping").values()];
  const source = sourceSchema.parse(only(sources, "event sources"));
  const queue = only(
    [...queues.values()].filter(({ RedrivePolicy }) => RedrivePolicy !== undefined),
    "queues with dead letters",
  );
  const deadLetters = queues.get(lastOf(queue.RedrivePolicy?.deadLetterTargetArn ?? ""));
  return {
    visibilityTimeoutSeconds: queue.VisibilityTimeout,
    maxReceiveCount: queue.RedrivePolicy?.maxReceiveCount ?? 0,
    deadLetterRetentionSeconds: deadLetters?.MessageRetentionPeriod ?? 0,
    queue: lastOf(source.EventSourceArn),
    worker: lastOf(source.FunctionName),
    batchSize: source.BatchSize,
    responses: source.FunctionResponseTypes,
    maxConcurrency: source.ScalingConfig?.MaximumConcurrency,
  };
}
