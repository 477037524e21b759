import { createTRPCClient } from "@trpc/client";
import { memoryBroker } from "trpc-aws-subscriptions/testing";
import { onTestFinished } from "vitest";
import { type AppRouter, filtered, t } from "./app.ts";
import { grantServer } from "./grantServer.ts";
import { engineSuite } from "./suite.ts";

engineSuite("the broker in memory", { tellsAudience: false, tooLargeBytes: 131_072 }, async () => {
  const broker = memoryBroker();
  const chain = filtered.engine(broker.engine);
  const http = await grantServer(chain.grantRouter(t));
  return {
    publisher: chain.publisher(),
    async client(userId) {
      const link = await broker.link<AppRouter>({ http: http(userId), backOffMs: [10] });
      onTestFinished(() => link.close());
      return createTRPCClient<AppRouter>({ links: [link] });
    },
    drop: async () => broker.drop(),
  };
});
