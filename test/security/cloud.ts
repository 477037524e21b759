import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { PublisherOptions, Store } from "trpc-aws-subscriptions";
import {
  type Gateway,
  type LocalQueue,
  type PostFault,
  type SendFault,
  startGateway,
  startQueue,
} from "trpc-aws-subscriptions/local";
import { sqs } from "trpc-aws-subscriptions/sqs";
import { onTestFinished } from "vitest";
import { gatewayClient } from "../e2e/stack.ts";
import { type RawSocket, rawSocket } from "../e2e/wire/rawSocket.ts";
import { createTestTable, type TestTable } from "../testTable.ts";
import { ACCOUNT, accountOf } from "./account.ts";
import { type ChatPublisher, chat } from "./chat.ts";
import { managementNeeds, sqsNeeds } from "./needs.ts";
import type { Role } from "./role.ts";

const QUEUE = "local";

/** Functions in an account where each may do what SECURITY.md gives it, and nothing else. */
export interface Cloud {
  readonly table: TestTable;
  readonly gateway: Gateway;
  /** Acts in no role: for what a test prepares. */
  readonly store: Store;
  /** What posts to a connection are answered with. */
  readonly faults: Map<string, PostFault | "hang">;
  /** What functions gave to `onError`. */
  readonly errors: Error[];
  /** The role of a heading in SECURITY.md; the same at every call. */
  role(heading: string): Role;
  /** A store in a role. */
  storeOf(heading: string): Store;
  /** A DynamoDB client in a role. */
  clientOf(heading: string): DynamoDBClient;
  /** A management client in a role. */
  managementOf(heading: string): ApiGatewayManagementApiClient;
  publisherOf(heading: string, options?: Partial<PublisherOptions>): ChatPublisher;
  /** Connects somebody, who announces `connectionParams` if told so. */
  open(user: string, announcesParams?: boolean): Promise<RawSocket>;
  /** Connection of somebody who was {@link open}ed. */
  connectionOf(user: string): string;
}

/** Headings of the roles that the three handlers act in. */
export interface HandlerRoles {
  readonly connect: string;
  readonly disconnect: string;
  readonly default: string;
}

/** Starts the handlers behind a gateway, on a table of their own. */
export async function startCloud(
  roles: HandlerRoles,
  { namespace }: { readonly namespace?: string } = {},
): Promise<Cloud> {
  const table = await createTestTable();
  onTestFinished(() => table.stop());
  const { role, clientOf, storeOf } = accountOf(table, {
    API: "local",
    STAGE: "local",
    QUEUE,
    ...(namespace !== undefined && { NAMESPACE: namespace }),
  });
  const faults: Cloud["faults"] = new Map();
  const errors: Error[] = [];
  const onError = ({ error }: { readonly error: Error }): void => {
    errors.push(error);
  };
  const connections = new Map<string, string>();
  const connect = chat(storeOf(roles.connect)).connect({
    onError,
    authorize({ query, connection }) {
      const userId = query["user"] ?? "";
      connections.set(userId, connection.id);
      return { session: { userId } };
    },
  });
  const disconnect = chat(storeOf(roles.disconnect)).disconnect({ onError });
  let handler: ReturnType<ReturnType<typeof chat>["handler"]> | undefined;
  const gateway = await startGateway({
    handlers: {
      connect,
      disconnect,
      default: async (event, context) => handler?.(event, context),
    },
    onPost: (connectionId) => faults.get(connectionId),
  });
  onTestFinished(() => gateway.stop());
  const managementOf = (heading: string): ApiGatewayManagementApiClient => {
    const client = gatewayClient(gateway.endpoint);
    onTestFinished(() => client.destroy());
    // Who develops on a shared table has a gateway on their own machine, which knows no IAM.
    if (namespace !== undefined) return client;
    return role(heading).assume(client, (request) =>
      managementNeeds(ACCOUNT, { apiId: gateway.apiId, request }),
    );
  };
  handler = chat(storeOf(roles.default)).handler({
    client: managementOf(roles.default),
    onError,
  });
  return {
    table,
    gateway,
    store: storeOf(),
    faults,
    errors,
    role,
    clientOf,
    storeOf,
    managementOf,
    publisherOf: (heading, options = {}) =>
      chat(storeOf(heading)).publisher({
        endpoint: gateway.endpoint,
        client: managementOf(heading),
        onError,
        ...options,
      }),
    open: (user, announcesParams = false) =>
      rawSocket(`${gateway.url}?user=${user}${announcesParams ? "&connectionParams=1" : ""}`),
    connectionOf: (user) => connections.get(user) ?? "",
  };
}

/** A queue with its worker, and what a publisher needs of it. */
export interface CloudQueue {
  readonly queue: LocalQueue;
  /** The queue as somebody in a role sends to it. */
  fanOutOf(heading: string): ReturnType<typeof sqs>;
  /** Answers what is sent from now on. */
  refuse(fault: SendFault | undefined): void;
}

/** Options of {@link startCloudQueue}. */
interface CloudQueueOptions {
  /** Heading of the worker's policy; nobody works without it. */
  readonly worker?: string;
  readonly threshold: number;
  /** Called before a message is taken. */
  readonly onSent?: () => void;
}

/** Starts a queue whose worker acts in a role; without one messages become dead letters. */
export async function startCloudQueue(
  cloud: Cloud,
  { worker, threshold, onSent }: CloudQueueOptions,
): Promise<CloudQueue> {
  let fault: SendFault | undefined;
  let work: ((event: never, context: never) => Promise<unknown>) | undefined;
  const queue = await startQueue({
    name: QUEUE,
    batchSize: 1,
    redeliveryDelayMs: 0,
    maxReceiveCount: 1,
    onSend: () => {
      onSent?.();
      return fault;
    },
    handler: async (event, context) => {
      if (work === undefined) throw new Error("no worker today");
      return work(event as never, context as never);
    },
  });
  onTestFinished(() => queue.stop());
  const fanOutOf = (heading: string): ReturnType<typeof sqs> => {
    const client = cloud
      .role(heading)
      .assume(new SQSClient(queue.clientConfig), (request) => sqsNeeds(ACCOUNT, request));
    onTestFinished(() => client.destroy());
    return sqs({ queueUrl: queue.url, client, threshold });
  };
  if (worker !== undefined) {
    work = chat(cloud.storeOf(worker)).fanOutHandler({
      endpoint: cloud.gateway.endpoint,
      client: cloud.managementOf(worker),
      fanOut: fanOutOf(worker),
      recipientsPerMessage: 1,
    });
  }
  return {
    queue,
    fanOutOf,
    refuse: (next) => {
      fault = next;
    },
  };
}
