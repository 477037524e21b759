/// <reference path="./sst.d.ts" />
import type { Statement } from "../policies.ts";

/** `policies.ts` in SST's words. */
function permissionsOf(statements: readonly Statement<Output<string>>[]): Permission[] {
  return statements.map(({ actions, resources, leadingKeys }) => ({
    actions: [...actions],
    resources: [...resources],
    ...(leadingKeys !== undefined && {
      conditions: [
        {
          test: "ForAllValues:StringLike",
          variable: "dynamodb:LeadingKeys",
          values: [...leadingKeys],
        },
      ],
    }),
  }));
}

/** The clients' host name, if not that of the API. */
function domainOf(name: string | undefined): { domain?: string } {
  if (name === undefined || name === "") return {};
  if (/^[\w-]+(\.[\w-]+)+$/.test(name)) return { domain: name };
  throw new Error(
    `WEBSOCKET_DOMAIN is "${name}". Give a host name of a Route 53 zone of this account, for example ws.example.com`,
  );
}

/** For publishes to more subscribers than one function should post to. */
function makeFanOutQueue() {
  const deadFanOuts = new sst.aws.Queue("DeadFanOuts", {
    transform: { queue: { messageRetentionSeconds: 14 * 24 * 3_600 } },
  });
  return new sst.aws.Queue("FanOuts", {
    visibilityTimeout: "180 seconds", // six times the worker's timeout
    dlq: { queue: deadFanOuts.arn, retry: 5 },
  });
}

export default $config({
  app(input) {
    return {
      name: "ping",
      home: "aws",
      removal: input?.stage === "production" ? "retain" : "remove",
    };
  },
  async run() {
    // SST refuses imports at the top of this file.
    const { table } = await import("trpc-aws-subscriptions");
    const policies = await import("../policies.ts");
    const { partitionKey, sortKey, timeToLiveAttribute } = table;
    const subscriptions = new sst.aws.Dynamo("Subscriptions", {
      fields: { [partitionKey.name]: "string", [sortKey.name]: "string" },
      primaryIndex: { hashKey: partitionKey.name, rangeKey: sortKey.name },
      ttl: timeToLiveAttribute,
      // Rows last as long as a connection. A backup would only keep sessions for longer.
      transform: { table: { pointInTimeRecovery: { enabled: false } } },
    });
    const api = new sst.aws.ApiGatewayWebSocket("Api", {
      ...domainOf(process.env["WEBSOCKET_DOMAIN"]),
      transform: {
        // Of the 10,000 requests a second that the account has by default, posts to subscribers take the rest.
        stage: { defaultRouteSettings: { throttlingRateLimit: 1_000, throttlingBurstLimit: 500 } },
      },
    });
    const fanOuts = makeFanOutQueue();
    const arnOf = (method: string) =>
      $interpolate`${api.nodes.api.executionArn}/$default/${method}/@connections/*`;
    const arns = {
      table: subscriptions.arn,
      fanOutQueue: fanOuts.arn,
      post: arnOf("POST"),
      close: arnOf("DELETE"),
    };
    const environment = { TABLE_NAME: subscriptions.name };
    // A `link` would grant every action on the table and the queue; `permissions` are the least.
    const lambda = (source: string, policy: readonly Statement<Output<string>>[]) => ({
      handler: `../../ping/src/${source}`,
      runtime: "nodejs24.x" as const,
      architecture: "arm64" as const,
      memory: "512 MB" as const,
      permissions: permissionsOf(policy),
    });

    const connect = lambda("handlers.connect", policies.connectPolicy(arns));
    const disconnect = lambda("handlers.disconnect", policies.disconnectPolicy(arns));
    const handler = lambda("handlers.handler", policies.defaultPolicy(arns));
    // One function for all: `handlers.webSocket` with `defaultPolicy`, as a `Function` whose ARN all three take.
    api.route("$connect", { ...connect, environment, timeout: "10 seconds" });
    api.route("$disconnect", { ...disconnect, environment, timeout: "10 seconds" });
    api.route("$default", { ...handler, environment, timeout: "29 seconds" }); // the API waits no longer

    const publishing = {
      ...environment,
      // That of the API itself, whatever address the clients use.
      WEBSOCKET_ENDPOINT: api.managementEndpoint,
      QUEUE_URL: fanOuts.url,
    };
    const sendPing = new sst.aws.Function("SendPing", {
      ...lambda("sendPing.handler", policies.publisherPolicy(arns)),
      environment: publishing,
      timeout: "30 seconds",
    });
    const worker = new sst.aws.Function("Worker", {
      ...lambda("fanOut.worker", policies.workerPolicy(arns)),
      environment: publishing,
      timeout: "30 seconds",
    });
    // Given a function of its own, `subscribe` would add permissions that are not needed.
    fanOuts.subscribe(worker.arn, {
      batch: { size: 1, window: "0 seconds", partialResponses: true },
      // Workers share the account's quota of requests: more of them only get more refusals.
      transform: { eventSourceMapping: { scalingConfig: { maximumConcurrency: 5 } } },
    });
    const { url: clientUrl, managementEndpoint: publisherEndpoint } = api;
    return { clientUrl, publisherEndpoint, sendPingFunction: sendPing.name };
  },
});
