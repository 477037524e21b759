import { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamodb, table } from "trpc-aws-subscriptions";
import {
  type Gateway,
  type GatewayOptions,
  startDynamoDB,
  startGateway,
} from "trpc-aws-subscriptions/local";
import { createBoardApp } from "../src/app.ts";
import { Inspector } from "./inspector.ts";
import { createInspectorRouter } from "./inspectorRouter.ts";
import { QueryWatch } from "./queries.ts";
import { startServer } from "./server.ts";

const TABLE_NAME = "board";

export interface StartOptions {
  /** Of the page; 0 takes a free one. */
  readonly port: number;
  /** Folder with the built page. */
  readonly pageFolder: string;
  /** Faults of the gateway, for tests. */
  readonly faults?: Pick<GatewayOptions, "delay">;
  /** Told what handlers and publisher could not do. */
  readonly onError: (error: Error) => void;
}

export interface RunningBoard {
  /** Of the page. */
  readonly url: string;
  readonly gateway: Gateway;
  stop(): Promise<void>;
}

/** Starts everything the board needs: table, gateway, and the server of the page and of the HTTP API. */
export async function startBoard({
  port,
  pageFolder,
  faults,
  onError,
}: StartOptions): Promise<RunningBoard> {
  const server = await startServer(port);
  const dynamoDB = await startDynamoDB();
  await dynamoDB.createTable({ tableName: TABLE_NAME, table });
  const dynamoDBClient = new DynamoDBClient(dynamoDB.clientConfig);
  const inspectingClient = new DynamoDBClient(dynamoDB.clientConfig);

  // The gateway wants its handlers, and they want its endpoint.
  const late: { app?: ReturnType<typeof createBoardApp> } = {};
  const app = (): ReturnType<typeof createBoardApp> => {
    if (late.app === undefined) throw new Error("called before the app was made");
    return late.app;
  };
  const gateway = await startGateway({
    ...faults,
    handlers: {
      connect: (event, context) => app().connect(event, context),
      disconnect: (event, context) => app().disconnect(event, context),
      default: (event, context) => app().handler(event, context),
    },
    onEvent: () => inspector.changed(),
  });
  const inspector = new Inspector({
    tableName: TABLE_NAME,
    client: inspectingClient,
    queries: new QueryWatch(dynamoDBClient),
    gateway: () => gateway,
    onError,
  });
  const client = new ApiGatewayManagementApiClient({
    endpoint: gateway.endpoint,
    region: "local",
    credentials: dynamoDB.credentials,
    maxAttempts: 1,
  });
  late.app = createBoardApp({
    store: dynamodb({ tableName: TABLE_NAME, dynamoDBClient }),
    endpoint: gateway.endpoint,
    client,
    allowedOrigins: server.origins,
    runPublish: inspector.runPublish,
    onError,
  });
  server.serve({
    router: late.app.router,
    inspector: createInspectorRouter(inspector, () => gateway),
    pageFolder,
    config: { webSocketUrl: gateway.url },
  });

  return {
    url: server.origin,
    gateway,
    async stop() {
      await server.stop();
      await gateway.stop();
      await dynamoDB.stop();
      for (const each of [dynamoDBClient, inspectingClient, client]) each.destroy();
    },
  };
}
