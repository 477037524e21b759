import { randomBytes } from "node:crypto";
import { appsyncLink } from "trpc-aws-subscriptions/client/appsync-events";
import { startAppSyncEvents } from "trpc-aws-subscriptions/testing";
import { WebSocket } from "ws";
import type { AppRouter } from "../src/router.ts";
import { type Stack, serveGrants, setEnvironment } from "./stack.ts";

const CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };

/** AppSync Events: clients are let in by the Lambda authorizer, publishers by IAM. */
export async function startAppSync(): Promise<Stack> {
  let requests = 0;
  const api = await startAppSyncEvents({
    namespaces: { scores: {} },
    credentials: [CREDENTIALS],
    authorizer: async (event) => (await import("../src/appsync.ts")).authorizer(event),
    connectAuthModes: ["AWS_LAMBDA"],
    subscribeAuthModes: ["AWS_LAMBDA"],
    publishAuthModes: ["AWS_IAM"],
    onPublishRequest: () => {
      requests++;
      return undefined;
    },
  });
  const restore = setEnvironment({
    SUBSCRIPTIONS_SECRET: randomBytes(32).toString("base64"),
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: "",
    EVENT_API_URL: api.url,
  });
  const { httpRouter } = await import("../src/appsync.ts");
  const { scored } = await import("../src/appsyncScored.ts");
  const { http, close } = await serveGrants(httpRouter);
  return {
    name: "AppSync Events",
    url: api.realtimeUrl,
    scored,
    // The API's address comes with the grant.
    link() {
      const link = appsyncLink<AppRouter>({ http, WebSocket });
      return { link, close: () => link.close() };
    },
    requests: () => requests,
    async stop() {
      close();
      await api.stop();
      restore();
    },
  };
}
