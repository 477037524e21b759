import * as pinned from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { WebSocket } from "ws";
import * as latest from "../trpc-latest/client.ts";
import { deferred } from "./deferred.ts";
import { newestVersion, pinnedVersion, type TrpcVersion } from "./trpcVersion.ts";

/**
 * The clients that everything must hold for: 11.22, and 11.25 whose socket layer was rewritten. In
 * `npm run test:versions` the one under test.
 */
export const clientVersions: readonly ClientVersion[] = [
  ...new Set([pinnedVersion, newestVersion]),
];

/** One of {@link clientVersions}. */
export type ClientVersion = TrpcVersion;

type WSClientOptions = Parameters<typeof pinned.createWSClient>[0];

/** Options of {@link stockClient}. */
export interface StockClientOptions extends Partial<WSClientOptions> {
  readonly url: string;
  readonly version?: ClientVersion;
  readonly transformer?: unknown;
  /** Socket of another client of the same version, used instead of one to `url`. */
  readonly shared?: ReturnType<typeof pinned.createWSClient>;
}

/** A stock tRPC client with its socket. */
export interface StockClient<TRouter extends AnyTRPCRouter> {
  readonly client: ReturnType<typeof pinned.createTRPCClient<TRouter>>;
  readonly wsClient: ReturnType<typeof pinned.createWSClient>;
  close(): Promise<void>;
}

/** Makes a stock client over a real socket. */
export function stockClient<TRouter extends AnyTRPCRouter>({
  version = pinnedVersion,
  transformer,
  shared,
  ...options
}: StockClientOptions): StockClient<TRouter> {
  const { createTRPCClient, createWSClient, wsLink } = moduleOf(version);
  const wsClient = shared ?? createWSClient({ WebSocket: WebSocket as never, ...options });
  const linkOptions = { client: wsClient, ...(transformer === undefined ? {} : { transformer }) };
  const client = createTRPCClient<TRouter>({ links: [wsLink(linkOptions as never)] });
  return { client, wsClient, close: async () => wsClient.close() };
}

function moduleOf(version: ClientVersion): typeof pinned {
  if (!clientVersions.includes(version)) {
    throw new Error(`there is no client ${version}, only ${clientVersions.join(" and ")}`);
  }
  // Both have the same interface; their types are nominally apart because of private members.
  return (version === pinnedVersion ? pinned : latest) as typeof pinned;
}

/** What a subscription received so far, with a way to wait for more. */
export interface Recording<TData> {
  readonly data: readonly TData[];
  readonly errors: readonly Error[];
  /** Resolves at the server's `started`. */
  readonly started: Promise<void>;
  /** Resolves when the subscription ended on the client. */
  readonly completed: Promise<void>;
  /** Resolves with the first `count` events. */
  received(count: number): Promise<readonly TData[]>;
  /** Resolves with the first error. */
  failed(): Promise<Error>;
  unsubscribe(): void;
}

interface Callbacks<TData> {
  readonly onData: (data: TData) => void;
  readonly onStarted: () => void;
  readonly onError: (error: Error) => void;
  readonly onComplete: () => void;
}

/** Records a subscription: `record((on) => client.onPing.subscribe(input, on))`. */
export function record<TData>(
  subscribe: (callbacks: Callbacks<TData>) => { unsubscribe(): void },
): Recording<TData> {
  const data: TData[] = [];
  const errors: Error[] = [];
  const started = deferred();
  const completed = deferred();
  const waiters = new Set<() => void>();
  const wake = (): void => {
    for (const check of waiters) check();
  };
  const until = (isMet: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!isMet()) return;
        waiters.delete(check);
        resolve();
      };
      waiters.add(check);
      check();
    });
  const { unsubscribe } = subscribe({
    onData(value) {
      data.push(value);
      wake();
    },
    onStarted: () => started.resolve(),
    onError(error) {
      errors.push(error);
      wake();
    },
    onComplete: () => completed.resolve(),
  });
  return {
    data,
    errors,
    started: started.promise,
    completed: completed.promise,
    async received(count) {
      await until(() => data.length >= count);
      return data.slice(0, count);
    },
    async failed() {
      await until(() => errors.length > 0);
      return errors[0] as Error;
    },
    unsubscribe,
  };
}
