import { exceptOf } from "../store/except.ts";
import type { Route, RouteQuery, StoredSubscription, Subscriber } from "../store/types.ts";
import type { RouteDefinition } from "../subscriptions/resolver.ts";
import type { Audience, Position } from "./job.ts";
import type { PublisherContext } from "./publisherOptions.ts";

/** What a verb is called on. */
export interface Target {
  /** Dotted path of the procedure. */
  readonly path: string;
  readonly definition: RouteDefinition;
}

/** One row that was found. */
export interface Match {
  readonly route: Route;
  /** Index of the key it was found by; absent for one that was taken before. */
  readonly key?: number;
  /** The subscription itself, where it was asked for. */
  readonly stored?: StoredSubscription;
}

/** Subscriptions read at once; what DynamoDB takes in one `BatchGetItem`. */
const STORED_AT_ONCE = 100;

/** The matching rows, page by page, each subscription once however many keys of a union find it. */
export async function* findMatches(
  { app, api }: PublisherContext,
  { path, keys, position, shard, end }: Audience,
  options: { readonly shards: number; readonly signal?: AbortSignal },
): AsyncGenerator<readonly Match[], void, undefined> {
  const { shards, signal } = options;
  for (const [key, filter] of keys.entries()) {
    if (key < position.key) continue;
    if (end !== undefined && key > end.key) return;
    const except = exceptOf(keys, key);
    const query: RouteQuery = {
      path,
      shards,
      ...(filter !== undefined && { filter }),
      ...(shard !== undefined && { shard }),
      ...(api !== undefined && { api }),
      ...(signal !== undefined && { signal }),
      ...(key === position.key && position.after.length > 0 && { after: position.after }),
      ...(except.length > 0 && { except }),
    };
    const bound = key === end?.key ? new Bound(end, shard !== undefined) : undefined;
    for await (const page of app.store.findRoutes(query)) {
      const inside = bound === undefined ? page : page.filter((route) => bound.holds(route));
      if (inside.length > 0) yield inside.map((route) => ({ route, key }));
      if (bound?.isPassed === true) return;
    }
  }
}

/** Knows which rows are not behind the end of a part. Rows of a shard come in the order of their keys' bytes. */
class Bound {
  readonly #last: ReadonlyMap<string, Buffer>;
  readonly #open: Set<string>;
  readonly #isOneShard: boolean;

  constructor({ after }: Position, isOneShard: boolean) {
    this.#last = new Map(after.map(({ pk, sk }) => [pk, Buffer.from(sk)]));
    this.#open = new Set(this.#last.keys());
    this.#isOneShard = isOneShard;
  }

  /** Every shard was read to its end. */
  get isPassed(): boolean {
    return this.#open.size === 0;
  }

  holds({ key: { pk, sk } }: Route): boolean {
    const last = this.#last.get(pk);
    const order = last === undefined ? 1 : Buffer.compare(Buffer.from(sk), last);
    // Of the other shards no row will come.
    if (order >= 0 && this.#isOneShard) this.#open.clear();
    else if (order >= 0) this.#open.delete(pk);
    return order <= 0;
  }
}

/** As {@link readStored}, some at a time. */
export async function* withStored(
  context: Pick<PublisherContext, "app">,
  pages: AsyncIterable<readonly Match[]>,
): AsyncGenerator<readonly Match[], void, undefined> {
  for await (const page of pages) {
    for (let from = 0; from < page.length; from += STORED_AT_ONCE) {
      yield await readStored(context, page.slice(from, from + STORED_AT_ONCE));
    }
  }
}

/** Adds to each match its subscription; those that have stopped since the row was read are left out. */
export async function readStored(
  { app }: Pick<PublisherContext, "app">,
  matches: readonly Match[],
): Promise<readonly Match[]> {
  if (matches.length === 0) return [];
  const stored = await app.store.getSubscriptions(matches.map(({ route }) => route.subscriber));
  const byKey = new Map(stored.map((row) => [subscriberKey(row), row]));
  return matches.flatMap((match) => {
    const row = byKey.get(subscriberKey(match.route.subscriber));
    // Its id may have been used again, for something else.
    const isSame = row?.requestTimeMs === match.route.requestTimeMs;
    return row === undefined || !isSame ? [] : [{ ...match, stored: row }];
  });
}

/** Text that no two subscriptions share. */
export function subscriberKey({
  connectionId,
  id,
}: Pick<Subscriber, "connectionId" | "id">): string {
  return `${connectionId} ${JSON.stringify(id)}`;
}
