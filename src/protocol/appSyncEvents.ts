/**
 * Names and quotas of AppSync Events, each with its unit in the name.
 *
 * Channels: https://docs.aws.amazon.com/appsync/latest/eventapi/channel-namespaces.html
 *
 * Quotas: https://docs.aws.amazon.com/general/latest/gr/appsync.html
 *
 * Protocol: https://docs.aws.amazon.com/appsync/latest/eventapi/event-api-websocket-protocol.html
 */

/** The subprotocol of the realtime endpoint; a second one carries the authorization. */
export const APPSYNC_SUBPROTOCOL = "aws-appsync-event-ws";
/** Segments of a channel, its namespace included. */
const MAX_CHANNEL_SEGMENTS = 5;
/** Characters of one segment. */
const MAX_CHANNEL_SEGMENT_LENGTH = 50;
/** Events of one publish. */
export const MAX_PUBLISHED_EVENTS = 5;
/**
 * The largest event. The quota is "240 KB", whether of 1,000 or of 1,024 is not said; a larger event is accepted and
 * reaches nobody, so the smaller is taken.
 */
export const MAX_APPSYNC_EVENT_BYTES = 240_000;
/** The largest body of a publish: "1.2 MB", the smaller reading as well. */
export const MAX_APPSYNC_PUBLISH_BYTES = 1_200_000;
/** Subscriptions of one connection; can be raised. */
export const MAX_APPSYNC_SUBSCRIPTIONS = 200;
/** Publishes over one socket in a second. */
export const MAX_APPSYNC_SOCKET_PUBLISHES_PER_SECOND = 25;
/** Silence after which a client is to give a connection up, unless `connection_ack` says another time. */
export const APPSYNC_CONNECTION_TIMEOUT_MS = 300_000;
/** Time between two `ka` of the service. */
export const APPSYNC_KEEP_ALIVE_MS = 60_000;
/** Age at which the service ends a connection. */
export const MAX_APPSYNC_CONNECTION_MS: number = 24 * 60 * 60 * 1000;

const SEGMENT = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;

/** The one way to write a channel: with a slash before it. AppSync takes it without as well. */
export function canonicalChannel(channel: string): string {
  return channel.startsWith("/") ? channel : `/${channel}`;
}

/**
 * What AppSync would not take a channel for, as the rest of a sentence; `undefined` for a good one.
 *
 * @param channel - in its {@link canonicalChannel} form
 * @param allows.wildcard - whether `*` may be its last segment, as it may when one subscribes
 */
export function channelProblem(
  channel: string,
  allows: { readonly wildcard: boolean },
): string | undefined {
  const segments = channel.slice(1).split("/");
  if (segments.length > MAX_CHANNEL_SEGMENTS) {
    return `has ${segments.length} segments; ${MAX_CHANNEL_SEGMENTS} are the most`;
  }
  const isWildcard = allows.wildcard && segments.length > 1 && segments.at(-1) === "*";
  const named = isWildcard ? segments.slice(0, -1) : segments;
  for (const segment of named) {
    if (segment.length > MAX_CHANNEL_SEGMENT_LENGTH) {
      return `has a segment of ${segment.length} characters; ${MAX_CHANNEL_SEGMENT_LENGTH} are the most`;
    }
    if (!SEGMENT.test(segment)) {
      return `has the segment "${segment}"; A-Z a-z 0-9 and, between them, - are allowed`;
    }
  }
  return undefined;
}
