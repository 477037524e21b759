import { notifyManager, QueryClient } from "@tanstack/react-query";
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  isTRPCClientError,
  splitLink,
  wsLink,
} from "@trpc/client";
import { apiGatewayPreset } from "trpc-aws-subscriptions/client";
import type { InspectorRouter } from "../../local/inspectorRouter.ts";
import type { PageConfig } from "../../local/server.ts";
import type { AppRouter } from "../../src/router.ts";

// A dropped card is painted at its new place in the same frame; by default queries tell React one task later.
notifyManager.setScheduler(queueMicrotask);

/** Everything the page talks through. */
export type Clients = ReturnType<typeof createClients>;

/** Stock clients: subscriptions over the WebSocket API, everything else over HTTP. */
export function createClients({ webSocketUrl }: PageConfig, userId: string) {
  const token = `${userId}-token`;
  const webSocket = createWSClient({
    url: `${webSocketUrl}?${new URLSearchParams({ token })}`,
    ...apiGatewayPreset(),
    // A user whom nobody knows is told so by the first query; there is no socket to try again and again.
    lazy: { enabled: true, closeMs: 0 },
  });
  const trpc = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === "subscription",
        true: wsLink({ client: webSocket }),
        false: httpBatchLink({ url: "/trpc", headers: { authorization: `Bearer ${token}` } }),
      }),
    ],
  });
  const inspectorSocket = createWSClient({ url: `ws://${location.host}/inspector` });
  const inspector = createTRPCClient<InspectorRouter>({
    links: [wsLink({ client: inspectorSocket })],
  });
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: (failures, error) => failures < 1 && !isRefusal(error) } },
  });
  return { trpc, webSocket, inspector, queries };
}

/** Asking again would be answered the same. */
function isRefusal(error: unknown): boolean {
  return isTRPCClientError<AppRouter>(error) && error.data != null && error.data.httpStatus < 500;
}
