import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { apiGatewayPreset } from "trpc-aws-subscriptions/client";
import type { AppRouter } from "./router.ts";

/** A stock tRPC client; the preset only sets a keep-alive and a back-off that fit API Gateway. */
export function createPingClient(options: {
  readonly url: string;
  readonly token: string;
  /** Node 20 has no WebSocket of its own; browsers leave this out. */
  readonly WebSocket?: typeof WebSocket;
}) {
  const { url, token, ...ponyfill } = options;
  const wsClient = createWSClient({
    url: `${url}?token=${encodeURIComponent(token)}`,
    ...apiGatewayPreset(),
    ...ponyfill,
  });
  const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: wsClient })] });
  return { client, close: () => wsClient.close() };
}
