import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";

/** The class that `createWSClient({ WebSocket })` takes. */
export type WebSocketClass = NonNullable<Parameters<typeof createWSClient>[0]["WebSocket"]>;

/** What `createTRPCClient` makes for a router. */
export type StockClient<TRouter extends AnyTRPCRouter> = ReturnType<
  typeof createTRPCClient<TRouter>
>;

/** Values of tRPC's `connectionParams`. */
export type TestConnectionParams = Exclude<
  Parameters<typeof createWSClient>[0]["connectionParams"],
  undefined
>;

/** Makes the client that a tRPC user would make: one socket, `wsLink`, the router's transformer. */
export function createStockClient(
  router: AnyTRPCRouter,
  options: {
    readonly url: string;
    readonly WebSocket: WebSocketClass;
    readonly connectionParams?: TestConnectionParams;
  },
): { readonly client: StockClient<AnyTRPCRouter>; close(): Promise<void> } {
  const wsClient = createWSClient(options);
  const { transformer } = router._def._config;
  // Whether a link takes a transformer is a matter of the router's types, which are not known here.
  const links = [wsLink({ client: wsClient, transformer } as never)];
  return {
    client: createTRPCClient<AnyTRPCRouter>({ links }),
    close: async () => wsClient.close(),
  };
}
