import { IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import { createWSClient, wsLink } from "@trpc/client";
import { preset } from "trpc-aws-subscriptions/client";
import { iotWebSocket } from "trpc-aws-subscriptions/client/iot-core";
import { iot } from "trpc-aws-subscriptions/iot-core";
import { memory, startIotCore } from "trpc-aws-subscriptions/testing";
import { WebSocket } from "ws";
import { scoreOf, scores } from "../src/router.ts";
import type { Stack } from "./stack.ts";

const PREFIX = ["scores"] as const;
const AUTHORIZER = "Subscriptions";

/** AWS IoT Core, each client by itself: tRPC's own `wsLink`, and a message for each listener. Its store is in memory here. */
export async function startIotDirect(): Promise<Stack> {
  const chain = scores.engine(iot({ prefix: PREFIX, delivery: "direct", store: memory() }));
  const rules = chain.rules();
  const disconnect = chain.disconnect();
  const iotCore = await startIotCore({
    authorizers: { [AUTHORIZER]: chain.authorizer() },
    rules: [
      { sql: rules.handler, handler: async (event: unknown) => handler(event) },
      { sql: rules.disconnect, handler: disconnect },
    ],
  });
  const client = new IoTDataPlaneClient({ ...iotCore.clientConfig, maxAttempts: 1 });
  const handler = chain.handler({ client });
  const publisher = chain.publisher({ client });
  let requests = 0;
  return {
    name: "AWS IoT Core, each client by itself",
    url: iotCore.url,
    async scored(score) {
      const report = await publisher.routes.onScore.publish(scoreOf(score));
      requests += report.matched;
      return report;
    },
    link() {
      const socket = iotWebSocket({ prefix: PREFIX, authorizer: AUTHORIZER, WebSocket });
      const wsClient = createWSClient({ url: iotCore.url, ...preset({ WebSocket: socket }) });
      return { link: wsLink({ client: wsClient }), close: () => void wsClient.close() };
    },
    requests: () => requests,
    async stop() {
      await iotCore.stop();
      client.destroy();
    },
  };
}
