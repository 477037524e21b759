import { runInNewContext } from "node:vm";
import { transform } from "esbuild";
import { z } from "zod";
import { parsePolicy } from "../security/policies.ts";
import {
  type Deployment,
  type LambdaFunction,
  only,
  publisherOf,
  QUEUE_URL,
} from "./deployment.ts";

/** What a config gives to SST's components, recorded; what they give back are the placeholders of SECURITY.md. */
interface Recorded {
  readonly tables: (ConstructorParameters<typeof sst.aws.Dynamo>[1] & object)[];
  readonly apis: (ConstructorParameters<typeof sst.aws.ApiGatewayWebSocket>[1] & object)[];
  readonly queues: Map<string, ConstructorParameters<typeof sst.aws.Queue>[1] & object>;
  readonly sources: {
    readonly queue: string;
    readonly worker: string;
    readonly args: Parameters<sst.aws.Queue["subscribe"]>[1];
  }[];
  readonly functions: Map<string, FunctionArgs>;
  readonly routes: Map<string, string>;
}

const outputsSchema = z.object({ clientUrl: z.string(), publisherEndpoint: z.string() });

/** SST's own stage. */
const STAGE = "$default";
const API_HOST = `API.execute-api.REGION.amazonaws.com/${STAGE}`;

/**
 * Runs an `sst.config.ts`, with SST's components replaced by ones that record, and reads what it makes.
 *
 * @param modules what its dynamic imports give
 */
export async function readSst(
  source: string,
  modules: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv = {},
): Promise<Deployment> {
  const recorded: Recorded = {
    tables: [],
    apis: [],
    queues: new Map(),
    sources: [],
    functions: new Map(),
    routes: new Map(),
  };
  const { code } = await transform(source, {
    loader: "ts",
    format: "cjs",
    supported: { "dynamic-import": false },
  });
  let isRunning = false;
  const configs: Parameters<typeof $config>[0][] = [];
  runInNewContext(code, {
    module: {},
    process: { env: environment },
    require: (name: string) => {
      if (!isRunning) throw new Error(`SST refuses the import of ${name} at the top`);
      return modules[name];
    },
    $config: (config: Parameters<typeof $config>[0]) => configs.push(config),
    $interpolate: (texts: TemplateStringsArray, ...values: string[]) =>
      String.raw({ raw: texts }, ...values),
    sst: { aws: componentsOf(recorded) },
    Error,
  });
  const config = only(configs, "$config");
  isRunning = true;
  return deploymentOf(recorded, outputsSchema.parse(await config.run()));
}

/** SST's components, as far as they are declared in `sst.d.ts`. */
function componentsOf(recorded: Recorded) {
  class Dynamo {
    readonly arn = "arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE";
    readonly name = "TABLE";
    constructor(_: string, args: Recorded["tables"][number]) {
      recorded.tables.push(args);
    }
  }
  class ApiGatewayWebSocket {
    readonly url: string;
    readonly managementEndpoint = `https://${API_HOST}`;
    readonly nodes = { api: { executionArn: "arn:aws:execute-api:REGION:ACCOUNT:API" } };
    constructor(_: string, args: Recorded["apis"][number] = {}) {
      recorded.apis.push(args);
      this.url = args.domain === undefined ? `wss://${API_HOST}` : `wss://${args.domain}`;
    }
    route(key: string, handler: FunctionArgs | string) {
      const name = typeof handler === "string" ? handler : `route ${key}`;
      if (typeof handler !== "string") recorded.functions.set(name, handler);
      recorded.routes.set(key, name.replace("arn:", ""));
    }
  }
  class Queue {
    readonly arn: string;
    readonly url: string;
    private readonly name: string;
    constructor(id: string, args: ConstructorParameters<typeof sst.aws.Queue>[1] = {}) {
      // The queue for fan-outs is the one that has a queue for its dead letters.
      this.name = args.dlq === undefined ? id : "QUEUE";
      this.arn = `arn:aws:sqs:REGION:ACCOUNT:${this.name}`;
      this.url = QUEUE_URL.replace("QUEUE", this.name);
      recorded.queues.set(this.name, args);
    }
    subscribe(functionArn: string, args: Recorded["sources"][number]["args"]) {
      const worker = z.string().parse(functionArn).replace("arn:", "");
      recorded.sources.push({ queue: this.name, worker, args });
    }
  }
  // biome-ignore lint/suspicious/noShadowRestrictedNames: SST's name for it
  class Function {
    readonly arn: string;
    readonly name: string;
    constructor(name: string, args: FunctionArgs) {
      this.name = name;
      this.arn = `arn:${name}`;
      recorded.functions.set(name, args);
    }
  }
  return { Dynamo, ApiGatewayWebSocket, Queue, Function };
}

function deploymentOf(recorded: Recorded, outputs: z.infer<typeof outputsSchema>): Deployment {
  const api = only(recorded.apis, "APIs");
  const { throttlingRateLimit, throttlingBurstLimit } =
    api.transform?.stage?.defaultRouteSettings ?? {};
  const functions = new Map(
    [...recorded.functions].map(([name, args]) => [name, readFunction(args)]),
  );
  const source = only(recorded.sources, "subscribers");
  const queue = recorded.queues.get("QUEUE");
  const deadLetters = recorded.queues.get(String(queue?.dlq?.queue).split(":").at(-1) ?? "");
  const invoked = [source.worker, ...recorded.routes.values()];
  return {
    table: readTable(only(recorded.tables, "tables")),
    // Both are fixed by the component.
    api: { protocol: "WEBSOCKET", routeSelection: "$request.body.action" },
    stage: {
      name: STAGE,
      isAutoDeployed: true,
      requestsPerSecond: throttlingRateLimit,
      burst: throttlingBurstLimit,
      // SST's own format; see README.md of the recipe.
      accessLogFormat: undefined,
      hasDataTrace: false,
    },
    routes: [...recorded.routes].map(([key, name]) => ({
      key,
      function: name,
      integration: "AWS_PROXY",
      isInvocable: true,
    })),
    functions,
    publisher: publisherOf(functions, invoked),
    fanOut: {
      visibilityTimeoutSeconds: secondsOf(queue?.visibilityTimeout ?? "30 seconds"),
      maxReceiveCount: queue?.dlq?.retry ?? 0,
      deadLetterRetentionSeconds: deadLetters?.transform?.queue?.messageRetentionSeconds ?? 345_600,
      queue: source.queue,
      worker: source.worker,
      batchSize: source.args?.batch?.size ?? 10,
      responses: source.args?.batch?.partialResponses ? ["ReportBatchItemFailures"] : [],
      maxConcurrency: source.args?.transform?.eventSourceMapping?.scalingConfig?.maximumConcurrency,
    },
    domain: api.domain === undefined ? undefined : { name: api.domain, stage: STAGE },
    ...outputs,
  };
}

function readTable(args: Recorded["tables"][number]): Deployment["table"] {
  const { hashKey, rangeKey = "" } = args.primaryIndex;
  const types = { string: "S", number: "N", binary: "B", "": "" };
  return {
    keys: [hashKey, rangeKey].map((name) => `${name} ${types[args.fields[name] ?? ""]}`),
    timeToLiveAttribute: args.ttl,
    billing: "PAY_PER_REQUEST",
    hasBackups: args.transform?.table?.pointInTimeRecovery?.enabled ?? true,
  };
}

function readFunction(args: FunctionArgs): LambdaFunction {
  return {
    handler: args.handler.replace(/^.*\//, ""),
    runtime: args.runtime ?? "nodejs24.x",
    timeoutSeconds: secondsOf(args.timeout ?? "20 seconds"),
    environment: z.record(z.string(), z.string()).parse(args.environment ?? {}),
    statements: parsePolicy({
      Version: "2012-10-17",
      Statement: (args.permissions ?? []).map(({ actions, resources, conditions }) => ({
        Effect: "Allow",
        Action: actions,
        Resource: resources,
        ...(conditions && {
          Condition: Object.fromEntries(
            conditions.map(({ test, variable, values }) => [test, { [variable]: values }]),
          ),
        }),
      })),
    }).Statement,
    // The component's.
    managedPolicies: ["AWSLambdaBasicExecutionRole"],
  };
}

function secondsOf(duration: string): number {
  const [count, unit = ""] = duration.split(" ");
  return Number(count) * (unit.startsWith("minute") ? 60 : 1);
}
