import { InvalidOptionError } from "../../errors.ts";
import { MAX_SUBSCRIPTIONS_PER_CONNECTION } from "../../protocol/iotCoreLimits.ts";
import type { WebSocketClass } from "../webSocketClass.ts";
import type { IotConnectionOptions, IotConnectionSettings } from "./options.ts";

const DEFAULT_KEEP_ALIVE_SECONDS = 120;
/** IoT Core replaces what is outside of it. */
const KEEP_ALIVE_SECONDS = { least: 30, most: 1_200 };

/** @throws {@link InvalidOptionError} */
export function connectionSettings(options: IotConnectionOptions): IotConnectionSettings {
  const {
    url,
    authorizer,
    protocolVersion = 5,
    keepAliveSeconds = DEFAULT_KEEP_ALIVE_SECONDS,
    qos = 1,
    maxSubscriptionsPerConnection = MAX_SUBSCRIPTIONS_PER_CONNECTION,
    mqtt,
  } = options;
  oneOf("protocolVersion", protocolVersion, [4, 5]);
  oneOf("qos", qos, [0, 1]);
  const { least, most } = KEEP_ALIVE_SECONDS;
  if (!(keepAliveSeconds >= least && keepAliveSeconds <= most)) {
    throw invalid("keepAliveSeconds", `is ${keepAliveSeconds}, must be ${least} to ${most}`);
  }
  if (!(maxSubscriptionsPerConnection >= 1)) {
    throw invalid(
      "maxSubscriptionsPerConnection",
      `is ${maxSubscriptionsPerConnection}, must be 1 or more`,
    );
  }
  if (url !== undefined) refuseUrl(url);
  return {
    WebSocket: mqtt === undefined ? webSocketOf(options) : undefined,
    protocolVersion,
    keepAliveSeconds,
    qos,
    maxSubscriptionsPerConnection,
    mqtt,
    ...(url !== undefined && { url }),
    ...(authorizer !== undefined && { authorizer }),
  };
}

function refuseUrl(url: string): void {
  if (/^wss?:\/\/[^/]/.test(url)) return;
  throw invalid("url", `is "${url}", must begin with wss:// or ws://`);
}

function webSocketOf({ WebSocket }: IotConnectionOptions): WebSocketClass {
  const given: unknown = WebSocket ?? Reflect.get(globalThis, "WebSocket");
  if (typeof given === "function") return given as WebSocketClass;
  throw invalid(
    "WebSocket",
    "must be a class, such as that of the package ws: there is no global one here",
  );
}

function oneOf(option: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  throw invalid(option, `is ${JSON.stringify(value)}, must be ${allowed.join(" or ")}`);
}

function invalid(option: string, problem: string): InvalidOptionError {
  return new InvalidOptionError("iotLink", option, problem);
}
