import type { LambdaContext, WebSocketEvent } from "../../adapters/api-gateway/event.ts";
import { startDynamoDB } from "../../local/dynamodb.ts";
import { type Gateway, startGateway } from "../../local/gateway.ts";
import { type LocalQueue, startQueue } from "../../local/queue.ts";
import type { QueueEvent } from "../../local/queueEvent.ts";
import type { QueueObservation } from "../../local/queueObservation.ts";
import { table } from "../../store/dynamodb/table.ts";
import { CommandFailure, lineOf } from "../failure.ts";
import type { DevEvent } from "./events.ts";
import type { HandlerCall } from "./handlerProcess.ts";
import type { HandlerRoute, Handlers } from "./handlers.ts";
import { Journal } from "./journal.ts";
import { startTableProxy } from "./tableProxy.ts";

/** What the handlers run on. */
export interface Stack {
  readonly gateway: Gateway;
  readonly queue: LocalQueue;
  /** The table's, through which everything is seen. */
  readonly tableEndpoint: string;
  /** The table's own. */
  readonly dynamoDB: Awaited<ReturnType<typeof startDynamoDB>>;
}

/** Options of {@link startStack}. */
export interface StackOptions {
  readonly tableName: string;
  readonly host: string;
  readonly port: number;
  /** The handlers, once they are loaded. */
  readonly handlers: () => Promise<Handlers>;
  readonly tell: (event: DevEvent) => void;
  /** Called with what ends each part, as soon as it runs. */
  readonly onStarted: (stop: () => Promise<void>) => void;
}

type Context = Required<LambdaContext>;

/** Starts the table, the gateway and the queue. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { tableName, host, port, handlers, tell, onStarted } = options;
  const dynamoDB = await startDynamoDB();
  onStarted(() => dynamoDB.stop());
  await dynamoDB.createTable({ tableName, table });
  const journal = new Journal(tell);
  const proxy = await startTableProxy(dynamoDB.endpoint, (call) => journal.table(call));
  onStarted(() => proxy.stop());
  const queue = await startQueue({
    handler: async (event: QueueEvent, context: Context) =>
      (await handlers()).invokeWorker(callOf(event, context)),
    onEvent: (observation) => tellOfQueue(observation, tell),
  });
  onStarted(() => queue.stop());
  const route =
    (name: HandlerRoute) =>
    (event: WebSocketEvent, context: Context): Promise<unknown> =>
      journal.around(event, async () =>
        (await handlers()).invokeRoute(name, callOf(event, context)),
      );
  const gateway = await listening(port, () =>
    startGateway({
      host,
      port,
      handlers: {
        connect: route("connect"),
        disconnect: route("disconnect"),
        default: route("handler"),
      },
      onEvent: (observation) => journal.gateway(observation),
    }),
  );
  onStarted(() => gateway.stop());
  return { gateway, queue, tableEndpoint: proxy.endpoint, dynamoDB };
}

function callOf(event: unknown, context: Context): Omit<HandlerCall, "handler"> {
  const remainingMs = context.getRemainingTimeInMillis();
  return { event, awsRequestId: context.awsRequestId, remainingMs };
}

function tellOfQueue(observation: QueueObservation, tell: (event: DevEvent) => void): void {
  if (observation.type !== "invoked") return;
  const { messageIds, failedIds, durationMs, outcome, error } = observation;
  tell({
    type: "worker",
    messages: messageIds.length,
    failed: failedIds.length,
    durationMs,
    outcome,
    ...(outcome === "threw" && { error: lineOf(error) }),
  });
}

async function listening<T>(port: number, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : undefined;
    const problem = { EADDRINUSE: "is in use", EACCES: "may not be taken" }[String(code)];
    if (problem === undefined) throw error;
    throw new CommandFailure(
      `port ${port} ${problem}. Give another with --port, or --port 0 for a free one.`,
      { cause: error },
    );
  }
}
