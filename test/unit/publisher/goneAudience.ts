import { initTRPC } from "@trpc/server";
import { initSubscriptions } from "../../../src/index.ts";
import { GoneConnections } from "../../../src/publisher/goneConnections.ts";
import { memory } from "../../../src/store/memory.ts";
import type { Route, Store } from "../../../src/store/types.ts";
import { API, END_SECONDS, frame, START_MS } from "../../../src/testing/store/world.ts";

export const PATH = "onMessage";

/** Ids in the order of their rows. */
export const idOf = (index: number) => `c${String(index).padStart(4, "0")}`;
export const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => idOf(from + index));

export interface AudienceOptions {
  /** Subscriptions of each connection. */
  readonly each?: number;
  /** Stands before the store's own. */
  readonly disconnectAll?: DisconnectAll;
  readonly badHookOf?: string;
}

export type DisconnectAll = (
  routes: readonly Route[],
  real: Store,
) => ReturnType<Store["disconnectAll"]>;

/** Connections with their subscriptions, and what a publish would find of them. */
export async function audience(count: number, options: AudienceOptions = {}) {
  const { each = 1, disconnectAll, badHookOf } = options;
  const stopped: string[] = [];
  const subscriptions = initSubscriptions();
  const t = initTRPC.create();
  const onStop = async ({ connectionId }: { readonly connectionId: string }) => {
    stopped.push(connectionId);
    if (connectionId === badHookOf) throw new Error("onStop failed");
  };
  const router = t.router({
    [PATH]: t.procedure.subscription(subscriptions.resolver<string>({ onStop })),
  });
  const store = memory({ now: () => START_MS });
  const batches: number[] = [];
  const app = {
    router,
    filters: new Map(),
    store: {
      ...store,
      disconnectAll: (routes: readonly Route[]) => {
        batches.push(routes.length);
        return disconnectAll?.(routes, store) ?? store.disconnectAll(routes);
      },
    },
  };
  for (const connectionId of range(0, count)) {
    const times = { connectedAt: START_MS, expireAt: END_SECONDS };
    const connection = { connectionId, api: API, paramsExpected: false, ...times };
    await store.connect(connection);
    const ids = Array.from({ length: each }, (_, id) => id);
    await store.subscribe(
      connection,
      ids.map((id) => frame({ id, path: PATH, routes: [{ path: PATH }] })),
    );
  }
  const routes: Route[] = [];
  for await (const page of store.findRoutes({ path: PATH, shards: 1 })) routes.push(...page);
  const reported: { readonly error: unknown; readonly at: object }[] = [];
  const gone = new GoneConnections({ app, postTimeoutMs: 1_000, step: "publisher" }, (error, at) =>
    reported.push({ error, at }),
  );
  /** Ids of the connections that are still open. */
  const left = async (): Promise<readonly string[]> => {
    const open = await Promise.all(range(0, count).map((id) => store.getConnection(id)));
    return open.flatMap((connection) => (connection ? [connection.connectionId] : []));
  };
  return { store, routes, gone, reported, stopped, left, batches };
}
