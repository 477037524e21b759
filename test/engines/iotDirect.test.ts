import { iot } from "trpc-aws-subscriptions/iot-core";
import { memory } from "trpc-aws-subscriptions/testing";
import { onTestFinished } from "vitest";
import { PREFIX, serveDirect } from "../direct/stack.ts";
import { stockClient } from "../e2e/client.ts";
import { type AppRouter, filtered } from "./app.ts";
import { engineSuite } from "./suite.ts";

engineSuite(
  "IoT Core with direct delivery",
  { tellsAudience: true, tooLargeBytes: 131_072 },
  async () => {
    const chain = filtered.engine(iot({ prefix: PREFIX, delivery: "direct", store: memory() }));
    const stack = await serveDirect(chain, {
      connect: {
        authorize: ({ query }) => {
          const userId = query["user"];
          return { session: (userId === undefined ? {} : { userId }) as never };
        },
      },
      handler: { createContext: ({ connection }) => connection.session },
    });
    return {
      publisher: stack.publisher,
      client(userId) {
        const { client, close } = stockClient<AppRouter>({
          url: `${stack.url}${userId === undefined ? "" : `?user=${userId}`}`,
          WebSocket: stack.socketClass(),
          retryDelayMs: () => 10,
        });
        onTestFinished(close);
        return client;
      },
      async drop() {
        for (const id of stack.broker.clientIds()) stack.broker.dropConnection(id);
      },
    };
  },
);
