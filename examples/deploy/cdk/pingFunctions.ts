import { fileURLToPath } from "node:url";
import { ArnFormat, Duration, Stack } from "aws-cdk-lib";
import type { WebSocketStage } from "aws-cdk-lib/aws-apigatewayv2";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Architecture, type IFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import {
  type Arns,
  connectPolicy,
  defaultPolicy,
  disconnectPolicy,
  publisherPolicy,
  type Statement,
  workerPolicy,
} from "../policies.ts";

/** API Gateway waits no longer for an answer. */
const DEFAULT_ROUTE_TIMEOUT = Duration.seconds(29);

/** The queue's visibility timeout is six times this. */
export const WORKER_TIMEOUT = Duration.seconds(30);

/** What the functions work on. */
export interface PingFunctionsProps {
  readonly subscriptions: TableV2;
  readonly fanOutQueue: IQueue;
  readonly stage: WebSocketStage;
  readonly logGroup: ILogGroup;
  /** Whether the three routes share one function. */
  readonly isOneFunction: boolean;
}

interface FunctionOptions {
  /** File of `examples/ping/src`, and what it exports. */
  readonly handler: readonly [file: string, name: string];
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly policy: readonly Statement<string>[];
}

/** Every function of the ping example, each with the least it needs. */
export class PingFunctions extends Construct {
  readonly routes: ReadonlyMap<string, IFunction>;
  /** Publishes; for whatever invokes it. */
  readonly sendPing: IFunction;
  private readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, props: PingFunctionsProps) {
    super(scope, id);
    this.logGroup = props.logGroup;
    const arns = arnsOf(props);
    const onTable = { TABLE_NAME: props.subscriptions.tableName };
    this.routes = props.isOneFunction
      ? this.addOneFunction(arns, onTable)
      : this.addThreeFunctions(arns, onTable);
    const publishing = {
      ...onTable,
      WEBSOCKET_ENDPOINT: props.stage.callbackUrl,
      QUEUE_URL: props.fanOutQueue.queueUrl,
    };
    this.sendPing = this.addFunction("SendPing", {
      handler: ["sendPing", "handler"],
      timeout: Duration.seconds(30),
      environment: publishing,
      policy: publisherPolicy(arns),
    });
    const worker = this.addFunction("Worker", {
      handler: ["fanOut", "worker"],
      timeout: WORKER_TIMEOUT,
      environment: publishing,
      policy: workerPolicy(arns),
    });
    // `SqsEventSource` would add permissions that are not needed.
    worker.addEventSourceMapping("FanOuts", {
      eventSourceArn: props.fanOutQueue.queueArn,
      batchSize: 1,
      reportBatchItemFailures: true,
      // Workers share the account's quota of requests: more of them only get more refusals.
      maxConcurrency: 5,
    });
  }

  private addThreeFunctions(arns: Arns<string>, environment: FunctionOptions["environment"]) {
    const timeout = Duration.seconds(10);
    return new Map([
      [
        "$connect",
        this.addFunction("Connect", {
          handler: ["handlers", "connect"],
          timeout,
          environment,
          policy: connectPolicy(arns),
        }),
      ],
      [
        "$disconnect",
        this.addFunction("Disconnect", {
          handler: ["handlers", "disconnect"],
          timeout,
          environment,
          policy: disconnectPolicy(arns),
        }),
      ],
      [
        "$default",
        this.addFunction("DefaultRoute", {
          handler: ["handlers", "handler"],
          timeout: DEFAULT_ROUTE_TIMEOUT,
          environment,
          policy: defaultPolicy(arns),
        }),
      ],
    ]);
  }

  private addOneFunction(arns: Arns<string>, environment: FunctionOptions["environment"]) {
    const webSocket = this.addFunction("WebSocket", {
      handler: ["handlers", "webSocket"],
      timeout: DEFAULT_ROUTE_TIMEOUT,
      environment,
      policy: defaultPolicy(arns),
    });
    return new Map(["$connect", "$disconnect", "$default"].map((key) => [key, webSocket]));
  }

  private addFunction(id: string, options: FunctionOptions): NodejsFunction {
    const [file, name] = options.handler;
    return new NodejsFunction(this, id, {
      entry: fileURLToPath(new URL(`../../ping/src/${file}.ts`, import.meta.url)),
      handler: name,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout: options.timeout,
      environment: options.environment,
      initialPolicy: options.policy.map(toPolicyStatement),
      logGroup: this.logGroup,
      // The SDK too: that of the runtime is of a version that AWS chooses.
      bundling: { minify: true, bundleAwsSDK: true },
    });
  }
}

function arnsOf({ subscriptions, fanOutQueue, stage }: PingFunctionsProps): Arns<string> {
  const arnOf = (method: string) =>
    Stack.of(stage).formatArn({
      service: "execute-api",
      resource: stage.api.apiId,
      resourceName: `${stage.stageName}/${method}/@connections/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
  return {
    table: subscriptions.tableArn,
    fanOutQueue: fanOutQueue.queueArn,
    post: arnOf("POST"),
    close: arnOf("DELETE"),
  };
}

function toPolicyStatement({ actions, resources, leadingKeys }: Statement<string>) {
  return new PolicyStatement({
    effect: Effect.ALLOW,
    actions: [...actions],
    resources: [...resources],
    ...(leadingKeys !== undefined && {
      conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": leadingKeys } },
    }),
  });
}
