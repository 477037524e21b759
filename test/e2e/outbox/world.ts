import type { StreamHandlerOptions } from "trpc-aws-subscriptions";
import type { Row } from "../../testTable.ts";
import { type FeedOptions, startFeeds } from "../history/feed.ts";
import { gatewayClient } from "../stack.ts";

/** Rows as a stream with new images brings them. */
export function inserts(...rows: readonly Row[]): { readonly Records: readonly object[] } {
  return {
    Records: rows.map((row, index) => ({
      eventName: "INSERT",
      eventSource: "aws:dynamodb",
      dynamodb: {
        Keys: typed({ pk: row.pk, sk: row.sk }),
        NewImage: typed(row),
        SequenceNumber: String(index + 1),
        StreamViewType: "NEW_IMAGE",
      },
    })),
  };
}

function typed(row: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === "number" ? { N: String(value) } : { S: String(value) },
    ]),
  );
}

/** Options of {@link startOutbox}. */
export interface OutboxOptions extends FeedOptions {
  readonly stream?: Partial<StreamHandlerOptions>;
}

/** The feeds with an outbox, whose stream is brought by the test. */
export async function startOutbox({ stream, ...options }: OutboxOptions = {}) {
  const feeds = await startFeeds(options);
  const { endpoint } = feeds.gateway;
  const failures: Error[] = [];
  const given: StreamHandlerOptions = {
    endpoint,
    client: gatewayClient(endpoint),
    onError: ({ error }) => void failures.push(error),
    ...stream,
  };
  const outbox = feeds.chain.outbox();
  return {
    ...feeds,
    outbox,
    handler: feeds.chain.streamHandler(given),
    /** What `onError` of the handler was told. */
    failures,
    /** Rows of events, by the time of their cursors. */
    events: async (): Promise<readonly Row[]> =>
      (await feeds.table.rows())
        .filter(({ pk }) => pk.startsWith("event#"))
        .toSorted((a, b) => (a.sk < b.sk ? -1 : 1)),
    /** Writes an event to a room. */
    write: (room: string, data: string) =>
      outbox.routes.onMessage.publish({ data, filter: { name: "byRoom", input: { room } } }),
  };
}

/** A Lambda that has this long. */
export const lambda = (remainingMs: number) => {
  const endsAt = Date.now() + remainingMs;
  return { getRemainingTimeInMillis: () => endsAt - Date.now() };
};
