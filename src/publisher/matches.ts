import type { Route, Subscriber } from "../store/types.ts";
import type { RouteDefinition } from "../subscriptions/resolver.ts";
import type { PublisherContext } from "./publisherOptions.ts";

/** Key text of each query of a call; `undefined` asks for every subscriber. */
export type Keys = readonly (string | undefined)[];

/** What a verb addresses. */
export interface Addressed {
  readonly path: string;
  readonly keys: Keys;
  readonly definition: RouteDefinition;
}

/** The matching rows, page by page, each subscription once however many filters of a union it matches. */
export async function* findMatches(
  { app, api }: PublisherContext,
  { path, keys, definition }: Addressed,
): AsyncIterable<readonly Route[]> {
  const seen = keys.length > 1 ? new Set<string>() : undefined;
  for (const filter of keys) {
    const query = { path, shards: definition.shards, ...(filter === undefined ? {} : { filter }) };
    for await (const page of app.store.findRoutes(api === undefined ? query : { ...query, api })) {
      yield seen === undefined ? page : page.filter((route) => addNew(seen, route.subscriber));
    }
  }
}

function addNew(seen: Set<string>, { connectionId, id }: Subscriber): boolean {
  const key = subscriberKey({ connectionId, id });
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

/** Text that no two subscriptions share. */
export function subscriberKey({
  connectionId,
  id,
}: Pick<Subscriber, "connectionId" | "id">): string {
  return `${connectionId} ${JSON.stringify(id)}`;
}
