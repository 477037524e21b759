import { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { createWSClient, wsLink } from "@trpc/client";
import { apiGatewayPreset } from "trpc-aws-subscriptions/client";
import { startGateway } from "trpc-aws-subscriptions/local";
import { memory } from "trpc-aws-subscriptions/testing";
import { WebSocket } from "ws";
import { scoreOf, scores } from "../src/router.ts";
import type { Stack } from "./stack.ts";

/** API Gateway, for comparison: stock `wsLink`, and a post for each listener. Its store is in memory here. */
export async function startApiGateway(): Promise<Stack> {
  let requests = 0;
  const chain = scores.store({ store: memory() });
  const client = (endpoint: string) =>
    new ApiGatewayManagementApiClient({
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
  const gateway = await startGateway({
    handlers: {
      connect: chain.connect(),
      default: (event, context) =>
        chain.handler({ client: client(gateway.endpoint) })(event, context),
      disconnect: chain.disconnect(),
    },
    onPost: (_connectionId, body) => {
      if (body.includes('"data"')) requests++;
      return undefined;
    },
  });
  const { endpoint } = gateway;
  const publisher = chain.publisher({ client: client(endpoint), endpoint });
  return {
    name: "API Gateway",
    url: gateway.url,
    scored: (score) => publisher.routes.onScore.publish(scoreOf(score)),
    link() {
      const socket = WebSocket as unknown as typeof globalThis.WebSocket;
      const wsClient = createWSClient({
        url: gateway.url,
        ...apiGatewayPreset(),
        WebSocket: socket as never,
      });
      return { link: wsLink({ client: wsClient }), close: () => void wsClient.close() };
    },
    requests: () => requests,
    stop: () => gateway.stop(),
  };
}
