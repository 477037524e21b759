import type { AnyTRPCRouter } from "@trpc/server";
import { InvalidOptionError } from "../../errors.ts";
import { createBroadcastLink } from "../broadcast/link.ts";
import type { BroadcastLink, BroadcastLinkOptions } from "../broadcast/options.ts";
import type { WebSocketClass } from "../webSocketClass.ts";
import { AppSyncConnection } from "./connection.ts";
import { realtimeEndpoint } from "./endpoint.ts";

/** What the link to AppSync Events needs to know beside what all links do. */
export interface AppSyncLinkSettings {
  /**
   * The Event API's HTTP or realtime endpoint, for example
   * `https://….appsync-api.eu-central-1.amazonaws.com/event`, or its custom domain.
   *
   * @defaultValue what `appsync({ url })` on the server hands out with its grants
   */
  readonly url?: string;
  /**
   * Class of the socket; that of the package `ws` for a Node without a global one.
   *
   * @defaultValue the platform's `WebSocket`
   */
  readonly WebSocket?: WebSocketClass;
}

/**
 * Options of `appsyncLink`.
 *
 * @category Client
 */
export type AppSyncLinkOptions<TRouter extends AnyTRPCRouter> = AppSyncLinkSettings &
  BroadcastLinkOptions<TRouter>;

/**
 * A link that carries subscriptions over AppSync Events. It asks the server with the grant router which channels a
 * subscription's events are on, and hears them over one socket, whatever the number of subscriptions.
 *
 * @example
 * ```ts
 * const http = httpBatchLink({ url: HTTP_URL });
 * const links = [
 *   splitLink({
 *     condition: ({ type }) => type === "subscription",
 *     true: appsyncLink({ http, url: EVENT_API_URL }),
 *     false: http,
 *   }),
 * ];
 * ```
 * @throws {@link InvalidOptionError} without a class for sockets
 *
 * @category Client
 */
export function appsyncLink<TRouter extends AnyTRPCRouter>(
  options: AppSyncLinkOptions<TRouter>,
): BroadcastLink<TRouter> {
  const { url } = options;
  const WebSocket = webSocketOf(options);
  return createBroadcastLink<TRouter>(
    {
      name: "AppSync Events",
      connect: async ({ grants: [{ token, endpoint }], signal, ...events }) => {
        const where = realtimeEndpoint(url ?? endpoint?.["url"]);
        return AppSyncConnection.open({ ...events, WebSocket, endpoint: where, token }, signal);
      },
    },
    options,
  );
}

function webSocketOf({ WebSocket }: AppSyncLinkSettings): WebSocketClass {
  const given: unknown = WebSocket ?? Reflect.get(globalThis, "WebSocket");
  if (typeof given === "function") return given as WebSocketClass;
  throw new InvalidOptionError(
    "appsyncLink",
    "WebSocket",
    "must be a class, such as that of the package ws: there is no global one here",
  );
}
