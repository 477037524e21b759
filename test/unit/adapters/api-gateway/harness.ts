import { type AnyTRPCRouter, initTRPC, type TRPCError } from "@trpc/server";
import {
  type ConnectOptions,
  type DisconnectOptions,
  type HandlerOptions,
  initSubscriptions,
  type LambdaContext,
  type OnEvent,
  type Store,
} from "trpc-aws-subscriptions";
import {
  connectEvent,
  disconnectEvent,
  memory,
  messageEvent,
  type RecordingClientOptions,
  recordingClient,
} from "trpc-aws-subscriptions/testing";

/** The context of every router here. */
export interface Context {
  readonly value?: unknown;
}

export const subscriptions = initSubscriptions<unknown>();
export const t = initTRPC.context<Context>().create();

/** A call of `onError`. */
export interface Failure {
  readonly error: TRPCError;
  readonly type: string;
  readonly path: string | undefined;
  readonly input: unknown;
  readonly ctx: unknown;
  readonly req: unknown;
}

/** Options of {@link adapterOf}. */
export interface AdapterOptions extends RecordingClientOptions {
  readonly store?: Store;
  readonly connect?: ConnectOptions<unknown>;
  readonly disconnect?: DisconnectOptions;
  readonly handler?: HandlerOptions<AnyTRPCRouter, unknown>;
  readonly onEvent?: OnEvent;
}

/** One frame the server sent, parsed. */
export interface ServerFrame {
  readonly id: string | number | null;
  readonly result?: { readonly type: string; readonly id?: string; readonly data?: unknown };
  readonly error?: {
    readonly message: string;
    readonly code: number;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

/** The handlers of a router over a store in memory and a recording client. */
export function adapterOf(router: AnyTRPCRouter, options: AdapterOptions = {}) {
  const store = options.store ?? memory();
  const recording = recordingClient(options);
  const failures: Failure[] = [];
  const { onEvent } = options;
  const start = onEvent === undefined ? subscriptions : initSubscriptions({ onEvent });
  const chain = start.router({ router }).store({ store });
  const onError = (failure: Failure): void => {
    failures.push(failure);
  };
  const connect = chain.connect({ onError, ...options.connect });
  const disconnect = chain.disconnect({ onError, ...options.disconnect });
  const handler = chain.handler({ client: recording.client, onError, ...options.handler });
  const frames = (connectionId = "connection"): readonly ServerFrame[] =>
    recording.messages(connectionId) as readonly ServerFrame[];
  return {
    chain,
    store,
    recording,
    /** What `onError` was given. */
    failures,
    connect,
    disconnect,
    handler,
    /** Every frame that reached a connection. */
    frames,
    /** Runs `$connect`; the status. */
    open: async (connectionId = "connection"): Promise<number> =>
      (await connect(connectEvent({ connectionId }))).statusCode,
    /** Runs `$disconnect`; the status. */
    close: async (connectionId = "connection"): Promise<number> =>
      (await disconnect(disconnectEvent({ connectionId }))).statusCode,
    /** Runs `$default` with one frame; what the server sent to the connection meanwhile. */
    send: async (
      frame: unknown,
      {
        connectionId = "connection",
        context,
      }: { connectionId?: string; context?: LambdaContext } = {},
    ): Promise<readonly ServerFrame[]> => {
      const before = frames(connectionId).length;
      await handler(messageEvent(frame, { connectionId }), context);
      return frames(connectionId).slice(before);
    },
  };
}

/** A query frame. */
export function query(id: number | string, path: string, input?: unknown): object {
  return { id, method: "query", params: { path, input } };
}

/** A mutation frame. */
export function mutation(id: number | string, path: string, input?: unknown): object {
  return { id, method: "mutation", params: { path, input } };
}

/** A subscription frame. */
export function subscription(id: number | string, path: string, input?: unknown): object {
  return { id, method: "subscription", params: { path, input } };
}
