import { randomBytes } from "node:crypto";
import { iotLink } from "trpc-aws-subscriptions/client/iot-core";
import { startIotCore } from "trpc-aws-subscriptions/testing";
import { WebSocket } from "ws";
import type { AppRouter } from "../src/router.ts";
import { type Stack, serveGrants, setEnvironment } from "./stack.ts";

const AUTHORIZER = "Subscriptions";

/** AWS IoT Core: clients are let in by the custom authorizer, publishers by IAM. */
export async function startIot(): Promise<Stack> {
  let requests = 0;
  const iotCore = await startIotCore({
    authorizers: {
      [AUTHORIZER]: async (event, context) =>
        (await import("../src/iot.ts")).authorizer(event, context),
    },
    onPublish: () => {
      requests++;
      return undefined;
    },
  });
  const restore = setEnvironment({
    SUBSCRIPTIONS_SECRET: randomBytes(32).toString("base64"),
    AWS_REGION: iotCore.clientConfig.region,
    AWS_ACCESS_KEY_ID: iotCore.clientConfig.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: iotCore.clientConfig.credentials.secretAccessKey,
    IOT_ENDPOINT: iotCore.clientConfig.endpoint,
  });
  const { httpRouter, scored } = await import("../src/iot.ts");
  const { http, close } = await serveGrants(httpRouter);
  return {
    name: "AWS IoT Core",
    url: iotCore.url,
    scored,
    link() {
      const options = { http, url: iotCore.url, authorizer: AUTHORIZER, WebSocket };
      const link = iotLink<AppRouter>(options);
      return { link, close: () => link.close() };
    },
    requests: () => requests,
    async stop() {
      close();
      await iotCore.stop();
      restore();
    },
  };
}
