import { IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import { createTRPCClient, httpBatchLink, type TRPCLink } from "@trpc/client";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import superjson from "superjson";
import type { GrantRouter } from "trpc-aws-subscriptions";
import { appsync } from "trpc-aws-subscriptions/appsync-events";
import { appsyncLink } from "trpc-aws-subscriptions/client/appsync-events";
import { iotLink } from "trpc-aws-subscriptions/client/iot-core";
import { iot } from "trpc-aws-subscriptions/iot-core";
import { startAppSyncEvents, startIotCore } from "trpc-aws-subscriptions/testing";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { filtered, type Router, router, t } from "../broadcast/history/world.ts";
import { served, userOf } from "../httpServer.ts";
import { createTestTable } from "../testTable.ts";
import { ACCOUNT, accountOf } from "./account.ts";
import { eventPublishNeeds, iotNeeds } from "./brokerNeeds.ts";
import { Role } from "./role.ts";

const GRANTS = "Grants of a broker";
const SECRET = "0123456789abcdef0123456789abcdef";

/** A table, and the roles of an authorizer and of the function that serves grants. */
async function startAccount() {
  const table = await createTestTable();
  onTestFinished(() => table.stop());
  const account = accountOf(table, {
    API: "local",
    PREFIX: "myapp/dev",
    CLIENT_PREFIX: "myapp-dev",
    CHANNEL_NAMESPACE: "myapp",
  });
  return {
    ...account,
    grants: account.role(GRANTS),
    /** The authorizer's: SECURITY.md gives it no policy. */
    nobody: new Role({ Version: "2012-10-17", Statement: [] }),
  };
}

/** A client of somebody who has grants from a server of their own. */
async function clientOf(
  grants: GrantRouter,
  linkTo: (http: TRPCLink<Router>) => TRPCLink<Router> & { close(): void },
) {
  const url = await served(
    createHTTPServer({
      router: t.mergeRouters(router, grants),
      createContext: ({ req }) => userOf(req),
    }),
  );
  const http = httpBatchLink<Router>({ url, transformer: superjson, headers: { "x-user": "ann" } });
  const link = linkTo(http);
  onTestFinished(() => link.close());
  return createTRPCClient<Router>({ links: [link] });
}

/** IoT Core, with a function in each role. */
export async function startIotCloud() {
  const { role, storeAs, grants, nobody } = await startAccount();
  const chainAs = (acting: Role) =>
    filtered.engine(iot({ prefix: ["myapp", "dev"], secret: SECRET, store: storeAs(acting) }));
  const iotCore = await startIotCore({ authorizers: { ours: chainAs(nobody).authorizer() } });
  onTestFinished(() => iotCore.stop());
  const sdkAs = (acting: Role): IoTDataPlaneClient => {
    const sdk = new IoTDataPlaneClient(iotCore.clientConfig);
    onTestFinished(() => sdk.destroy());
    return acting.assume(sdk, (request) => iotNeeds(ACCOUNT, request));
  };
  const publishing = role("Publisher on IoT Core");
  const disconnecting = role("disconnect on IoT Core");
  return {
    iotCore,
    grants,
    nobody,
    publishing,
    disconnecting,
    publisher: chainAs(publishing).publisher({ client: sdkAs(publishing) }),
    disconnect: (clientId: string) =>
      chainAs(disconnecting).disconnect(clientId, { client: sdkAs(disconnecting) }),
    client: await clientOf(chainAs(grants).grantRouter(t), (http) =>
      iotLink<Router>({
        http,
        url: iotCore.url,
        authorizer: "ours",
        transformer: superjson,
        backOffMs: [10],
        WebSocket: WebSocket as never,
      }),
    ),
  };
}

/** AppSync Events, with a function in each role; publishers sign with IAM. */
export async function startAppSyncCloud() {
  const { role, storeAs, grants, nobody } = await startAccount();
  const chainAs = (acting: Role) =>
    filtered.engine(appsync({ namespace: "myapp/eu", secret: SECRET, store: storeAs(acting) }));
  const publishing = role("Publisher on AppSync Events");
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const api = await startAppSyncEvents({
    namespaces: { myapp: {} },
    credentials: [credentials],
    region: ACCOUNT.region,
    authorizer: chainAs(nobody).authorizer(),
    connectAuthModes: ["AWS_LAMBDA"],
    subscribeAuthModes: ["AWS_LAMBDA"],
    publishAuthModes: ["AWS_IAM"],
    onPublishRequest: (body) =>
      publishing.ask(eventPublishNeeds(ACCOUNT, body)).length > 0 ? { statusCode: 403 } : undefined,
  });
  onTestFinished(() => api.stop());
  return {
    api,
    grants,
    nobody,
    publishing,
    publisher: chainAs(publishing).publisher({
      url: api.url,
      region: ACCOUNT.region,
      credentials,
    }),
    client: await clientOf(chainAs(grants).grantRouter(t), (http) =>
      appsyncLink<Router>({
        http,
        url: api.url,
        transformer: superjson,
        backOffMs: [10],
        WebSocket,
      }),
    ),
  };
}
