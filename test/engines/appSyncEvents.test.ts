import { createTRPCClient } from "@trpc/client";
import { appsync } from "trpc-aws-subscriptions/appsync-events";
import { appsyncLink } from "trpc-aws-subscriptions/client/appsync-events";
import { startAppSyncEvents } from "trpc-aws-subscriptions/testing";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { type AppRouter, filtered, t } from "./app.ts";
import { grantServer } from "./grantServer.ts";
import { engineSuite } from "./suite.ts";

const API_KEY = "da2-local";

engineSuite("AppSync Events", { tellsAudience: false, tooLargeBytes: 245_760 }, async () => {
  const chain = filtered.engine(
    appsync({ namespace: "myapp", secret: "a secret of the tests, 32 bytes and more" }),
  );
  const api = await startAppSyncEvents({
    namespaces: { myapp: {} },
    apiKeys: [API_KEY],
    authorizer: chain.authorizer(),
    connectAuthModes: ["AWS_LAMBDA"],
    subscribeAuthModes: ["AWS_LAMBDA"],
  });
  onTestFinished(() => api.stop());
  const http = await grantServer(chain.grantRouter(t));
  return {
    publisher: chain.publisher({ url: api.url, apiKey: API_KEY }),
    client(userId) {
      const link = appsyncLink<AppRouter>({
        http: http(userId),
        url: api.url,
        WebSocket,
        backOffMs: [10],
      });
      onTestFinished(() => link.close());
      return createTRPCClient<AppRouter>({ links: [link] });
    },
    drop: () => api.dropConnections(),
  };
});
