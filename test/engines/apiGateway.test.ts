import { memory } from "trpc-aws-subscriptions/testing";
import { onTestFinished } from "vitest";
import { stockClient } from "../e2e/client.ts";
import { serve } from "../e2e/stack.ts";
import { type AppRouter, filtered } from "./app.ts";
import { engineSuite } from "./suite.ts";

engineSuite("API Gateway", { tellsAudience: true, tooLargeBytes: 131_072 }, async () => {
  const chain = filtered.store({ store: memory() });
  const stack = await serve(chain, {
    connect: {
      authorize: ({ event }) => {
        const userId = event.queryStringParameters?.["user"];
        return { session: userId === undefined ? {} : { userId } };
      },
    },
    handler: { createContext: ({ connection }) => connection.session },
  });
  onTestFinished(() => stack.stop());
  return {
    publisher: stack.publisher,
    client(userId) {
      const url = `${stack.gateway.url}${userId === undefined ? "" : `?user=${userId}`}`;
      const { client, close } = stockClient<AppRouter>({ url, retryDelayMs: () => 10 });
      onTestFinished(close);
      return client;
    },
    async drop() {
      const { gateway } = stack;
      await Promise.all(gateway.connectionIds().map((id) => gateway.dropConnection(id)));
    },
  };
});
