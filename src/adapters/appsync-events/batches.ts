import type { TopicMessage } from "../../broadcast/broker.ts";
import { MAX_APPSYNC_PUBLISH_BYTES, MAX_PUBLISHED_EVENTS } from "../../protocol/appSyncEvents.ts";

/** Events of one request: all of one channel. */
export interface Batch {
  readonly channel: string;
  readonly events: readonly BatchEvent[];
}

/** One event of a {@link Batch}. */
export interface BatchEvent {
  /** Place of its message among those that were given. */
  readonly index: number;
  readonly body: string;
}

/** Messages in requests that AppSync takes, the messages of one channel in their order. */
export function batchesOf(messages: readonly TopicMessage[]): readonly Batch[] {
  const channels = new Map<string, BatchEvent[][]>();
  const room = new Map<BatchEvent[], number>();
  for (const [index, { topic, body }] of messages.entries()) {
    const batches = channels.get(topic) ?? [];
    channels.set(topic, batches);
    // A comma, and what quotes become in a string inside JSON.
    const bytes = Buffer.byteLength(JSON.stringify(body)) + 1;
    const last = batches.at(-1);
    if (
      last !== undefined &&
      last.length < MAX_PUBLISHED_EVENTS &&
      bytes <= (room.get(last) ?? 0)
    ) {
      last.push({ index, body });
      room.set(last, (room.get(last) ?? 0) - bytes);
    } else {
      const batch = [{ index, body }];
      batches.push(batch);
      room.set(batch, MAX_APPSYNC_PUBLISH_BYTES - requestBody(topic, []).length - bytes);
    }
  }
  return [...channels].flatMap(([channel, batches]) =>
    batches.map((events) => ({ channel, events })),
  );
}

/** JSON of a request. */
export function requestBody(channel: string, events: readonly BatchEvent[]): string {
  return JSON.stringify({ channel, events: events.map(({ body }) => body) });
}
