/// <reference path="./sst.d.ts" />
import { table } from "trpc-aws-subscriptions";

export default $config({
  app(input) {
    return {
      name: "ping",
      home: "aws",
      removal: input?.stage === "production" ? "retain" : "remove",
    };
  },
  async run() {
    const { partitionKey, sortKey, timeToLiveAttribute } = table;
    const subscriptions = new sst.aws.Dynamo("Subscriptions", {
      fields: { [partitionKey.name]: "string", [sortKey.name]: "string" },
      primaryIndex: { hashKey: partitionKey.name, rangeKey: sortKey.name },
      ttl: timeToLiveAttribute,
    });
    const api = new sst.aws.ApiGatewayWebSocket("Api");
    const environment = { TABLE_NAME: subscriptions.name };
    // A link grants every action; SECURITY.md of the package has what each function needs.
    const stores = { link: [subscriptions], environment };
    const answers = { link: [subscriptions, api], environment };
    api.route("$connect", { handler: "src/handlers.connect", ...stores });
    api.route("$disconnect", { handler: "src/handlers.disconnect", ...stores });
    api.route("$default", { handler: "src/handlers.handler", timeout: "29 seconds", ...answers });

    // For publishes to more subscribers than one function should post to.
    const deadFanOuts = new sst.aws.Queue("DeadFanOuts");
    const fanOuts = new sst.aws.Queue("FanOuts", {
      visibilityTimeout: "3 minutes",
      dlq: { queue: deadFanOuts.arn, retry: 5 },
    });
    const publishes = {
      link: [subscriptions, api, fanOuts],
      environment: {
        TABLE_NAME: subscriptions.name,
        WEBSOCKET_ENDPOINT: api.managementEndpoint,
        QUEUE_URL: fanOuts.url,
      },
    };
    fanOuts.subscribe(
      { handler: "src/fanOut.worker", timeout: "30 seconds", ...publishes },
      {
        batch: { size: 1, window: "0 seconds", partialResponses: true },
        // Together they share the account's quota of requests.
        transform: { eventSourceMapping: { scalingConfig: { maximumConcurrency: 5 } } },
      },
    );

    // Any function that publishes: link it to all three.
    new sst.aws.Function("SendPing", { handler: "src/sendPing.handler", ...publishes });
    return { url: api.url };
  },
});
