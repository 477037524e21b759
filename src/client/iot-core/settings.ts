import { InvalidOptionError } from "../../errors.ts";
import { MAX_SUBSCRIPTIONS_PER_CONNECTION } from "../../protocol/iotCoreLimits.ts";
import type { WebSocketClass } from "../webSocketClass.ts";
import type {
  IotConnectionOptions,
  IotConnectionSettings,
  IotWebSocketOptions,
  IotWebSocketSettings,
} from "./options.ts";

const DEFAULT_KEEP_ALIVE_SECONDS = 120;
/** IoT Core replaces what is outside of it. */
const KEEP_ALIVE_SECONDS = { least: 30, most: 1_200 };

type Refuse = (option: string, problem: string) => InvalidOptionError;

/** @throws {@link InvalidOptionError} */
export function connectionSettings(options: IotConnectionOptions): IotConnectionSettings {
  const invalid = refuserOf("iotLink");
  const {
    url,
    authorizer,
    qos = 1,
    maxSubscriptionsPerConnection = MAX_SUBSCRIPTIONS_PER_CONNECTION,
    mqtt,
  } = options;
  oneOf(invalid, "qos", [qos, [0, 1]]);
  if (!(maxSubscriptionsPerConnection >= 1)) {
    throw invalid(
      "maxSubscriptionsPerConnection",
      `is ${maxSubscriptionsPerConnection}, must be 1 or more`,
    );
  }
  if (url !== undefined && !/^wss?:\/\/[^/]/.test(url)) {
    throw invalid("url", `is "${url}", must begin with wss:// or ws://`);
  }
  return {
    ...mqttSettings(invalid, options),
    WebSocket: mqtt === undefined ? webSocketOf(invalid, options) : undefined,
    qos,
    maxSubscriptionsPerConnection,
    mqtt,
    ...(url !== undefined && { url }),
    ...(authorizer !== undefined && { authorizer }),
  };
}

/** @throws {@link InvalidOptionError} */
export function webSocketSettings(options: IotWebSocketOptions): IotWebSocketSettings {
  const invalid = refuserOf("iotWebSocket");
  const { prefix, authorizer } = options;
  if (!Array.isArray(prefix) || prefix.length === 0) {
    throw invalid("prefix", `is ${JSON.stringify(prefix)}, must be that of the server's iot()`);
  }
  return {
    ...mqttSettings(invalid, options),
    WebSocket: webSocketOf(invalid, options),
    prefix,
    ...(authorizer !== undefined && { authorizer }),
  };
}

/** The broker's URL with the name of the custom authorizer. */
export function withAuthorizer(url: string, authorizer: string | undefined): string {
  if (authorizer === undefined) return url;
  const parameter = `x-amz-customauthorizer-name=${encodeURIComponent(authorizer)}`;
  return `${url}${url.includes("?") ? "&" : "?"}${parameter}`;
}

function mqttSettings(
  invalid: Refuse,
  {
    protocolVersion = 5,
    keepAliveSeconds = DEFAULT_KEEP_ALIVE_SECONDS,
  }: Pick<IotConnectionOptions, "keepAliveSeconds" | "protocolVersion">,
): Pick<IotConnectionSettings, "keepAliveSeconds" | "protocolVersion"> {
  oneOf(invalid, "protocolVersion", [protocolVersion, [4, 5]]);
  const { least, most } = KEEP_ALIVE_SECONDS;
  if (!(keepAliveSeconds >= least && keepAliveSeconds <= most)) {
    throw invalid("keepAliveSeconds", `is ${keepAliveSeconds}, must be ${least} to ${most}`);
  }
  return { protocolVersion, keepAliveSeconds };
}

function webSocketOf(
  invalid: Refuse,
  { WebSocket }: Pick<IotConnectionOptions, "WebSocket">,
): WebSocketClass {
  const given: unknown = WebSocket ?? Reflect.get(globalThis, "WebSocket");
  if (typeof given === "function") return given as WebSocketClass;
  throw invalid(
    "WebSocket",
    "must be a class, such as that of the package ws: there is no global one here",
  );
}

function oneOf(
  invalid: Refuse,
  option: string,
  [value, allowed]: readonly [value: unknown, allowed: readonly unknown[]],
): void {
  if (allowed.includes(value)) return;
  throw invalid(option, `is ${JSON.stringify(value)}, must be ${allowed.join(" or ")}`);
}

function refuserOf(call: string): Refuse {
  return (option, problem) => new InvalidOptionError(call, option, problem);
}
