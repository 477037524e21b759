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
    const common = {
      link: [subscriptions, api],
      environment: { TABLE_NAME: subscriptions.name },
    };
    api.route("$connect", { handler: "src/handlers.connect", ...common });
    api.route("$disconnect", { handler: "src/handlers.disconnect", ...common });
    api.route("$default", { handler: "src/handlers.handler", timeout: "29 seconds", ...common });

    // Any function that publishes: link it to both, and give it the management endpoint.
    new sst.aws.Function("SendPing", {
      handler: "src/sendPing.handler",
      link: [subscriptions, api],
      environment: {
        TABLE_NAME: subscriptions.name,
        WEBSOCKET_ENDPOINT: api.managementEndpoint,
      },
    });
    return { url: api.url };
  },
});
