import type { AnyTRPCRouter } from "@trpc/server";
import { createBroadcastLink } from "../broadcast/link.ts";
import type { BroadcastLink, BroadcastLinkOptions } from "../broadcast/options.ts";
import { connectIotCore, isExact } from "./connectIotCore.ts";
import type { IotLinkOptions } from "./options.ts";
import { connectionSettings } from "./settings.ts";

/**
 * Makes the link to AWS IoT Core, for subscriptions alone.
 *
 * ```ts
 * const http = httpBatchLink({ url: HTTP_URL });
 * const links = [
 *   splitLink({
 *     condition: ({ type }) => type === "subscription",
 *     true: iotLink({ http, url: "wss://<id>-ats.iot.eu-central-1.amazonaws.com/mqtt", authorizer: "Subscriptions" }),
 *     false: http,
 *   }),
 * ];
 * ```
 *
 * @throws {@link InvalidOptionError} for an option that cannot be used, or where there is no WebSocket
 * @category Client
 */
export function iotLink<TRouter extends AnyTRPCRouter>(
  options: IotLinkOptions<TRouter>,
): BroadcastLink<TRouter> {
  const {
    url: _url,
    authorizer: _authorizer,
    WebSocket: _WebSocket,
    protocolVersion: _protocolVersion,
    keepAliveSeconds: _keepAliveSeconds,
    qos: _qos,
    maxSubscriptionsPerConnection: _maxSubscriptionsPerConnection,
    mqtt: _mqtt,
    ...shared
  } = options;
  const settings = connectionSettings(options);
  return createBroadcastLink(
    {
      name: "AWS IoT Core",
      connect: connectIotCore(settings),
      topicsFixedAtConnect: isExact,
    },
    // What is left of a generic type when others are taken out of it is not followed by TypeScript.
    shared as unknown as BroadcastLinkOptions<TRouter>,
  );
}
