import { CfnOutput, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  ApiMapping,
  DomainName,
  LogGroupLogDestination,
  WebSocketApi,
  WebSocketStage,
} from "aws-cdk-lib/aws-apigatewayv2";
import { WebSocketLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { AttributeType, Billing, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { table } from "trpc-aws-subscriptions";
import { accessLogFormat } from "../accessLogFormat.ts";
import { PingFunctions, WORKER_TIMEOUT } from "./pingFunctions.ts";
import type { Settings } from "./settings.ts";

const ATTRIBUTE_TYPES = { S: AttributeType.STRING } as const;

/** The ping example: table, WebSocket API, queue, and the functions of all three. */
export class PingStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, { description: "The ping example of trpc-aws-subscriptions" });
    const logGroup = new LogGroup(this, "Logs", {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const api = new WebSocketApi(this, "Api");
    const stage = this.addStage(api, settings, logGroup);
    const functions = new PingFunctions(this, "Functions", {
      subscriptions: this.addTable(),
      fanOutQueue: this.addQueue(),
      stage,
      logGroup,
      isOneFunction: settings.functions === "one",
    });
    for (const [routeKey, handler] of functions.routes) {
      api.addRoute(routeKey, { integration: new WebSocketLambdaIntegration(routeKey, handler) });
    }
    this.addDomain(stage, settings.domain);
    // Posts go to the API itself, whatever address the clients use.
    new CfnOutput(this, "PublisherEndpoint", { value: stage.callbackUrl });
    new CfnOutput(this, "SendPingFunction", { value: functions.sendPing.functionName });
  }

  private addTable(): TableV2 {
    const { partitionKey, sortKey, timeToLiveAttribute } = table;
    return new TableV2(this, "Subscriptions", {
      partitionKey: { name: partitionKey.name, type: ATTRIBUTE_TYPES[partitionKey.type] },
      sortKey: { name: sortKey.name, type: ATTRIBUTE_TYPES[sortKey.type] },
      timeToLiveAttribute,
      billing: Billing.onDemand(),
      // Rows last as long as a connection. A backup would only keep sessions for longer.
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private addStage(api: WebSocketApi, settings: Settings, logGroup: LogGroup): WebSocketStage {
    return new WebSocketStage(this, "Stage", {
      webSocketApi: api,
      stageName: settings.stage,
      autoDeploy: true,
      // Of the 10,000 requests a second that the account has by default, posts to subscribers take the rest.
      throttle: { rateLimit: 1_000, burstLimit: 500 },
      ...(settings.accessLogs && {
        accessLogSettings: {
          destination: new LogGroupLogDestination(logGroup),
          format: AccessLogFormat.custom(accessLogFormat),
        },
      }),
    });
  }

  /** For publishes to more subscribers than one function should post to. */
  private addQueue(): Queue {
    const deadLetters = new Queue(this, "DeadFanOuts", { retentionPeriod: Duration.days(14) });
    return new Queue(this, "FanOuts", {
      visibilityTimeout: Duration.seconds(6 * WORKER_TIMEOUT.toSeconds()),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    });
  }

  private addDomain(stage: WebSocketStage, domain: Settings["domain"]): void {
    if (domain === undefined) {
      new CfnOutput(this, "ClientUrl", { value: stage.url });
      return;
    }
    const domainName = new DomainName(this, "Domain", {
      domainName: domain.name,
      certificate: Certificate.fromCertificateArn(this, "Certificate", domain.certificateArn),
    });
    new ApiMapping(this, "DomainMapping", { api: stage.api, domainName, stage });
    new CfnOutput(this, "ClientUrl", { value: `wss://${domain.name}` });
    new CfnOutput(this, "DomainTarget", { value: domainName.regionalDomainName });
  }
}
