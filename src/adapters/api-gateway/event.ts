/**
 * The events API Gateway sends for a WebSocket API with Lambda proxy integration.
 *
 * Written from captured events, because the published `APIGatewayProxyWebsocketEventV2` of `@types/aws-lambda` lacks
 * `headers`, `identity`, `authorizer` and the `disconnect…` fields, and has `messageId` on every event.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
 */

/** What every event of a WebSocket connection carries. */
export interface WebSocketRequestContext {
  readonly routeKey: string;
  readonly eventType: "CONNECT" | "MESSAGE" | "DISCONNECT";
  readonly connectionId: string;
  readonly apiId: string;
  readonly stage: string;
  /** The host the client used: a custom domain if there is one. Never an address to post to. */
  readonly domainName: string;
  /** Epoch milliseconds of the handshake. */
  readonly connectedAt: number;
  /** Epoch milliseconds at which API Gateway received this frame. */
  readonly requestTimeEpoch: number;
  readonly requestTime?: string;
  readonly requestId: string;
  readonly extendedRequestId?: string;
  readonly messageDirection?: string;
  readonly identity?: { readonly sourceIp?: string; readonly userAgent?: string };
  /** What a Lambda authorizer on `$connect` returned; every value is a string. */
  readonly authorizer?: Readonly<Record<string, unknown>>;
}

/** `$connect`: the only event with the headers and the query string of the handshake. */
export interface WebSocketConnectEvent {
  /** Header names as the client wrote them. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>>;
  /** Absent, not empty, when the URL has no query string. */
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueQueryStringParameters?: Readonly<
    Record<string, readonly string[] | undefined>
  > | null;
  readonly stageVariables?: Readonly<Record<string, string | undefined>> | null;
  readonly requestContext: WebSocketRequestContext;
  readonly isBase64Encoded: boolean;
}

/** `$default`: one frame of the client. It has neither headers nor query string. */
export interface WebSocketMessageEvent {
  readonly requestContext: WebSocketRequestContext & { readonly messageId?: string };
  readonly stageVariables?: Readonly<Record<string, string | undefined>> | null;
  readonly body?: string | null;
  readonly isBase64Encoded: boolean;
}

/** `$disconnect`: sent at best effort after the socket closed. */
export interface WebSocketDisconnectEvent {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>>;
  readonly stageVariables?: Readonly<Record<string, string | undefined>> | null;
  readonly requestContext: WebSocketRequestContext & {
    readonly disconnectStatusCode?: number;
    readonly disconnectReason?: string;
  };
  readonly isBase64Encoded: boolean;
}

/** Any event of a WebSocket API. */
export type WebSocketEvent =
  | WebSocketConnectEvent
  | WebSocketMessageEvent
  | WebSocketDisconnectEvent;

/** The part of the Lambda context that is read; the `Context` of `@types/aws-lambda` fits. */
export interface LambdaContext {
  readonly awsRequestId?: string;
  /** Milliseconds until Lambda ends the invocation. */
  getRemainingTimeInMillis?(): number;
}

/** What the handlers return. `$connect` decides the handshake with it; the other routes have no body. */
export interface WebSocketResult {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A Lambda handler of one or more routes of a WebSocket API. */
export type WebSocketHandler<TEvent = WebSocketEvent> = (
  event: TEvent,
  context?: LambdaContext,
) => Promise<WebSocketResult>;
