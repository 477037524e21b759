import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { initTRPC } from "@trpc/server";
import { dynamodb, initSubscriptions, type WebSocketMessageEvent } from "trpc-aws-subscriptions";
import {
  connectEvent,
  disconnectEvent,
  messageEvent,
  recordingClient,
} from "trpc-aws-subscriptions/testing";
import { onTestFinished } from "vitest";
import { createTestTable, type Row, type TestTable } from "../../testTable.ts";

interface Ctx {
  readonly user: string;
}

const subscriptions = initSubscriptions<Ctx>();
const t = initTRPC.context<Ctx>().create();

/** Attributes that somebody else wrote; `undefined` takes one away. */
export type Poison = Readonly<Record<string, unknown>>;

/** A path of a subscription with hooks, and of one without. */
export type Path = "onHook" | "onPlain";

/** `onData` adds the subscriber's name; `onStop` notes the connection. */
function hookedRouter(stopped: string[]) {
  const hooked = subscriptions.resolver<string, { readonly ctx: Ctx }>({
    ctx: { user: true },
    onData: ({ data, ctx }) => `${data} for ${ctx.user}`,
    onStop: async ({ connectionId }) => {
      stopped.push(connectionId);
    },
  });
  return t.router({
    whoAmI: t.procedure.query(({ ctx }) => ctx),
    onHook: t.procedure.subscription(hooked),
    onPlain: t.procedure.subscription(subscriptions.resolver<string>()),
  });
}

/**
 * A chain on a table of its own, with connections whose rows can be poisoned. `onData` adds the subscriber's name to
 * what is published.
 */
export async function poisonWorld() {
  const stopped: string[] = [];
  const router = hookedRouter(stopped);
  const table = await createTestTable();
  onTestFinished(() => table.stop());
  const gone = new Set<string>();
  const recording = recordingClient({
    onPost: ({ connectionId }) => (gone.has(connectionId) ? 410 : undefined),
  });
  const failures: Error[] = [];
  const onError = ({ error }: { readonly error: Error }): void => {
    failures.push(error);
  };
  const { client, endpoint } = recording;
  const chain = subscriptions.router({ router }).store({ store: dynamodb({ ...table }) });
  const handler = chain.handler({ client, onError });
  const connect = chain.connect({
    onError,
    authorize: ({ connection }) => ({ session: { user: connection.id } }),
  });
  const disconnect = chain.disconnect({ onError });
  const send = async (connectionId: string, frame: unknown): Promise<readonly unknown[]> => {
    const before = recording.messages(connectionId).length;
    const event: WebSocketMessageEvent = messageEvent(frame, { connectionId });
    if ((await handler(event)).statusCode !== 200) throw new Error("the handler failed");
    return recording.messages(connectionId).slice(before);
  };
  return {
    publisher: chain.publisher({ client, endpoint, onError }),
    recording,
    failures,
    /** Connections whose `onStop` ran. */
    stopped,
    rows: () => table.rows(),
    /** Answers 410 for a connection from now on. */
    lose: (connectionId: string) => gone.add(connectionId),
    open: (connectionId: string, query: Readonly<Record<string, string>> = {}) =>
      connect(connectEvent({ connectionId, query })),
    close: (connectionId: string) => disconnect(disconnectEvent({ connectionId })),
    /** Runs one frame; what the connection was sent meanwhile. */
    send,
    /** Opens a connection and subscribes with id 1. */
    async join(connectionId: string, path: Path): Promise<void> {
      await connect(connectEvent({ connectionId }));
      await send(connectionId, { id: 1, method: "subscription", params: { path } });
    },
    ...writerOf(table),
  };
}

/** Writes to a table past the store. */
function writerOf(table: TestTable) {
  const raw = DynamoDBDocumentClient.from(table.observer);
  return {
    /** Writes a row of somebody else's. */
    async put(row: Pick<Row, "pk" | "sk"> & Poison): Promise<void> {
      await raw.send(new PutCommand({ TableName: table.tableName, Item: row }));
    },
    /** Changes attributes of the row that `isMeant`. */
    async poison(isMeant: (row: Row) => boolean, poison: Poison): Promise<void> {
      const row = (await table.rows()).find(isMeant);
      if (row === undefined) throw new Error("there is no such row");
      for (const [name, value] of Object.entries(poison)) {
        const update = {
          TableName: table.tableName,
          Key: { pk: row.pk, sk: row.sk },
          ExpressionAttributeNames: { "#name": name },
        };
        await raw.send(
          new UpdateCommand(
            value === undefined
              ? { ...update, UpdateExpression: "REMOVE #name" }
              : {
                  ...update,
                  UpdateExpression: "SET #name = :value",
                  ExpressionAttributeValues: { ":value": value },
                },
          ),
        );
      }
    },
  };
}

/** The row of a connection. */
export const connectionRow =
  (connectionId: string) =>
  ({ pk, sk }: Row): boolean =>
    pk === `connection#${connectionId}` && sk === pk;

/** The row of the subscription 1 of a connection. */
export const subscriptionRow =
  (connectionId: string) =>
  ({ pk, sk }: Row): boolean =>
    pk === `connection#${connectionId}` && sk === "subscription#%n1";
