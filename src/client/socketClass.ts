import { InvalidOptionError } from "../errors.ts";
import { INTEGRATION_TIMEOUT_MS, MAX_TIMER_MS } from "../protocol/limits.ts";
import { BackOff } from "./backOff.ts";
import type { ResilientWebSocketOptions } from "./options.ts";
import { ResilientSocket } from "./socket.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { GlobalWebSocket, WebSocketClass } from "./webSocketClass.ts";

const STARTED_TIMEOUT_MS = INTEGRATION_TIMEOUT_MS + 6_000;
const PARAMS_ACK_TIMEOUT_MS = 5_000;

/**
 * Makes the class, and what its sockets have in common.
 *
 * @param call - the function that was given the options
 */
export function createSocketClass(
  call: string,
  options: ResilientWebSocketOptions,
): { readonly WebSocket: GlobalWebSocket; readonly backOff: BackOff } {
  const shared = {
    WebSocket: webSocketOf(call, options),
    handOver: options.handOver === true,
    startedTimeoutMs: timeoutOf(call, options, ["startedTimeoutMs", 1, STARTED_TIMEOUT_MS]),
    paramsAckTimeoutMs: timeoutOf(call, options, ["paramsAckTimeoutMs", 0, PARAMS_ACK_TIMEOUT_MS]),
    backOff: new BackOff(),
    subscriptions: new Subscriptions(),
  };
  class OwnSocket extends ResilientSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(shared, url, protocols);
    }
  }
  // It has what tRPC's client and the DOM's type ask of instances, but `Event` objects of its own making, no platform's.
  return { WebSocket: OwnSocket as unknown as GlobalWebSocket, backOff: shared.backOff };
}

function webSocketOf(call: string, { WebSocket }: ResilientWebSocketOptions): WebSocketClass {
  const given: unknown = WebSocket ?? Reflect.get(globalThis, "WebSocket");
  if (typeof given === "function") return given as WebSocketClass;
  throw new InvalidOptionError(
    call,
    "WebSocket",
    "must be a class, such as that of the package ws: there is no global one here",
  );
}

function timeoutOf(
  call: string,
  options: ResilientWebSocketOptions,
  [name, least, byDefault]: readonly ["startedTimeoutMs" | "paramsAckTimeoutMs", number, number],
): number {
  const value: unknown = options[name] ?? byDefault;
  if (typeof value === "number" && value >= least && value <= MAX_TIMER_MS) return value;
  throw new InvalidOptionError(call, name, `must be ${least} to ${MAX_TIMER_MS} milliseconds`);
}
