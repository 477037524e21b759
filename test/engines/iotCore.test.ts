import { IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import { createTRPCClient } from "@trpc/client";
import { iotLink } from "trpc-aws-subscriptions/client/iot-core";
import { iot } from "trpc-aws-subscriptions/iot-core";
import { startIotCore } from "trpc-aws-subscriptions/testing";
import { describe, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { type AppRouter, filtered, t } from "./app.ts";
import { grantServer } from "./grantServer.ts";
import { engineSuite } from "./suite.ts";

const AUTHORIZER = "subscriptions";
const SECRET = "a secret of the tests, 32 bytes and more";

describe.each(["capability", "exact"] as const)("with authorization by %s,", (authorization) => {
  const chainAt = (url?: string) =>
    filtered.engine(
      iot({
        prefix: ["myapp", "dev"],
        secret: SECRET,
        authorizer: AUTHORIZER,
        authorization,
        ...(url !== undefined && { url }),
      }),
    );
  engineSuite("IoT Core", { tellsAudience: false, tooLargeBytes: 131_072 }, async () => {
    const broker = await startIotCore({ authorizers: { [AUTHORIZER]: chainAt().authorizer() } });
    const sdk = new IoTDataPlaneClient(broker.clientConfig);
    onTestFinished(async () => {
      sdk.destroy();
      await broker.stop();
    });
    const chain = chainAt(broker.url);
    const http = await grantServer(chain.grantRouter(t));
    return {
      publisher: chain.publisher({ client: sdk }),
      client(userId) {
        const link = iotLink<AppRouter>({
          http: http(userId),
          backOffMs: [10],
          WebSocket: WebSocket as never,
        });
        onTestFinished(() => link.close());
        return createTRPCClient<AppRouter>({ links: [link] });
      },
      async drop() {
        for (const id of broker.clientIds()) broker.dropConnection(id);
      },
    };
  });
});
