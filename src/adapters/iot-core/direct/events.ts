import { randomUUID } from "node:crypto";
import { RuleEventError } from "../../../errors/iotCore.ts";
import { requestTopic } from "../../../protocol/iotDirect.ts";
import { isRecord } from "../../../subscriptions/valueKind.ts";
import type {
  WebSocketConnectEvent,
  WebSocketDisconnectEvent,
  WebSocketMessageEvent,
  WebSocketRequestContext,
} from "../../api-gateway/event.ts";
import type { IotAuthorizerEvent } from "../event.ts";
import { type IotDirectSettings, isOurs } from "./options.ts";

/** SQL of the topic rules in front of the handlers, for their version `2016-03-23`. */
export interface IotDirectRules {
  /** In front of `handler()`: every frame of every client, with who sent it, when, and an id for repeated invocations. */
  readonly handler: string;
  /** In front of `disconnect()`: every connection that ended. */
  readonly disconnect: string;
}

/** Makes the rules' SQL. A frame may be a JSON array, which the SQL cannot read, so it comes in base64. */
export function directRules({ levels }: IotDirectSettings): IotDirectRules {
  return {
    handler: `SELECT encode(*, 'base64') AS body, clientid() AS clientId, newuuid() AS messageId, timestamp() AS timestamp FROM '${requestTopic(levels, "+")}'`,
    disconnect: "SELECT * FROM '$aws/events/presence/disconnected/+'",
  };
}

/** What an authorizer is asked, as the `$connect` event of a WebSocket API. */
export function connectEventOf(
  settings: IotDirectSettings,
  { protocolData, connectionMetadata }: IotAuthorizerEvent,
): WebSocketConnectEvent {
  const { http, mqtt, tls } = protocolData;
  const nowMs = Date.now();
  const query = [...new URLSearchParams(http?.queryString ?? "")];
  return {
    headers: http?.headers ?? {},
    ...(query.length > 0 && { queryStringParameters: Object.fromEntries(query) }),
    requestContext: {
      ...requestContext(settings, mqtt?.clientId ?? ""),
      routeKey: "$connect",
      eventType: "CONNECT",
      domainName: tls?.serverName ?? "",
      connectedAt: nowMs,
      requestTimeEpoch: nowMs,
      requestId: connectionMetadata?.id ?? randomUUID(),
    },
    isBase64Encoded: false,
  };
}

/**
 * What the rule of frames brings, as the `$default` event of a WebSocket API.
 *
 * @throws {@link RuleEventError} for what is none of that rule, or of a client that is none of ours
 */
export function messageEventOf(settings: IotDirectSettings, event: unknown): WebSocketMessageEvent {
  const { body, clientId, messageId, timestamp } = isRecord(event) ? event : {};
  if (typeof body !== "string" || typeof messageId !== "string" || typeof timestamp !== "number") {
    throw new RuleEventError("has no body, messageId and timestamp: its rule has other SQL.");
  }
  // It is "n/a" for what a backend published, who is no client that could be answered.
  if (!isOurs(settings, clientId)) {
    throw new RuleEventError(`is of ${JSON.stringify(clientId)}, which is no client of ours.`);
  }
  return {
    requestContext: {
      ...requestContext(settings, clientId),
      routeKey: "$default",
      eventType: "MESSAGE",
      requestTimeEpoch: timestamp,
      requestId: messageId,
      messageId,
    },
    body,
    isBase64Encoded: true,
  };
}

/**
 * What a lifecycle event tells, as the `$disconnect` event of a WebSocket API; `undefined` for other prefixes' clients.
 *
 * @throws {@link RuleEventError} for what is no lifecycle event
 */
export function disconnectEventOf(
  settings: IotDirectSettings,
  event: unknown,
): WebSocketDisconnectEvent | undefined {
  const { clientId, disconnectReason, timestamp } = isRecord(event) ? event : {};
  if (typeof clientId !== "string") {
    throw new RuleEventError("has no clientId: it is no lifecycle event.");
  }
  if (!isOurs(settings, clientId)) return undefined;
  return {
    requestContext: {
      ...requestContext(settings, clientId),
      routeKey: "$disconnect",
      eventType: "DISCONNECT",
      requestTimeEpoch: Number(timestamp),
      requestId: randomUUID(),
      ...(typeof disconnectReason === "string" && { disconnectReason }),
    },
    isBase64Encoded: false,
  };
}

/** IoT Core does not tell a rule when a client connected; nothing reads it but a hand-over, which is API Gateway's. */
function requestContext(
  { api }: IotDirectSettings,
  connectionId: string,
): Pick<
  WebSocketRequestContext,
  "apiId" | "connectedAt" | "connectionId" | "domainName" | "stage"
> {
  return { ...api, connectionId, connectedAt: Number.NaN, domainName: "" };
}
