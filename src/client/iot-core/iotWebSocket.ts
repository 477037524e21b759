import { InvalidOptionError } from "../../errors.ts";
import type { GlobalWebSocket } from "../webSocketClass.ts";
import { DirectSocket } from "./directSocket.ts";
import type { IotWebSocketOptions } from "./options.ts";
import { webSocketSettings } from "./settings.ts";

/**
 * A WebSocket class for tRPC's `createWSClient`, whose frames go through AWS IoT Core: for routers whose chain ends in
 * `iot({ delivery: "direct" })`.
 *
 * ```ts
 * const client = createWSClient({
 *   url: "wss://<id>-ats.iot.eu-central-1.amazonaws.com/mqtt",
 *   WebSocket: iotWebSocket({ prefix: ["myapp", "dev"], authorizer: "Subscriptions" }),
 * });
 * ```
 *
 * What stands in the query of the URL is what `authorize` of the server's authorizer is given. With
 * `preset({ WebSocket: iotWebSocket(…) })` of `trpc-aws-subscriptions/client` nothing is missed over a reconnect. tRPC's
 * `keepAlive` is not needed: MQTT has its own, which invokes nothing.
 *
 * Each socket is a client of its own, known by the hash of a secret that it makes; so it needs `crypto.subtle`, which
 * browsers have on pages served by https, and Node has.
 *
 * @throws {@link InvalidOptionError} for an option that cannot be used, and where there is no WebSocket or `crypto.subtle`
 * @category Client
 */
export function iotWebSocket(options: IotWebSocketOptions): GlobalWebSocket {
  const settings = webSocketSettings(options);
  if (globalThis.crypto?.subtle === undefined) {
    throw new InvalidOptionError(
      "iotWebSocket",
      "crypto.subtle",
      "must be there: browsers have it on pages served by https",
    );
  }
  class OwnSocket extends DirectSocket {
    constructor(url: string | URL) {
      super(settings, url);
    }
  }
  // It has what tRPC's client and the DOM's type ask of instances, but `Event` objects of its own making, no platform's.
  return OwnSocket as unknown as GlobalWebSocket;
}
