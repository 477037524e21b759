/** Keys that events captured from API Gateway have, sorted. Emulated and built events have these and no others. */
const common = [
  "apiId",
  "connectedAt",
  "connectionId",
  "domainName",
  "eventType",
  "extendedRequestId",
  "identity",
  "messageDirection",
  "requestId",
  "requestTime",
  "requestTimeEpoch",
  "routeKey",
  "stage",
];

const withHeaders = ["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"];

/** Keys of the event of each route, and of its `requestContext`. */
export const capturedKeys = {
  connect: { event: withHeaders, requestContext: common },
  message: {
    event: ["body", "isBase64Encoded", "requestContext"],
    requestContext: [...common, "messageId"].toSorted(),
  },
  disconnect: {
    event: withHeaders,
    requestContext: [...common, "disconnectReason", "disconnectStatusCode"].toSorted(),
  },
};

/** The keys of an event, to compare with {@link capturedKeys}. */
export function keysOf(event: { readonly requestContext: object }): {
  readonly event: readonly string[];
  readonly requestContext: readonly string[];
} {
  return {
    event: Object.keys(event).toSorted(),
    requestContext: Object.keys(event.requestContext).toSorted(),
  };
}
