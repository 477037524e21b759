import { BROADCAST_PREFIX } from "../keys.ts";
import { toRoute } from "../rows.ts";
import type { Route, RouteQuery } from "../types.ts";
import type { TableAccess } from "./access.ts";
import { queryPages } from "./pages.ts";

/** The live rows of a route. The shards are read side by side, each at most one page ahead of the reader. */
export function findRoutes(table: TableAccess, query: RouteQuery): AsyncIterable<readonly Route[]> {
  return {
    [Symbol.asyncIterator]: () =>
      sideBySide(
        Array.from({ length: query.shards }, (_, shard) => routePages(table, query, shard)),
      ),
  };
}

async function* routePages(
  table: TableAccess,
  query: RouteQuery,
  shard: number,
): AsyncGenerator<readonly Route[], void, undefined> {
  const pk = table.keys.path(query.path, shard);
  const prefix = query.filter ?? BROADCAST_PREFIX;
  for await (const page of queryPages(table, { pk, prefix })) {
    const routes = page.flatMap((item) => {
      const sk = String(item.sk);
      // DynamoDB compares bytes, but there are emulators that take `bob` for `Bob`.
      const route = sk.startsWith(prefix) ? toRoute({ pk, sk }, query.api) : undefined;
      return route === undefined ? [] : [route];
    });
    if (routes.length > 0) yield routes;
  }
}

type Settled<T> = { readonly value: IteratorResult<T, void> } | { readonly error: unknown };

async function* sideBySide<T>(
  sources: readonly AsyncGenerator<T, void, undefined>[],
): AsyncGenerator<T, void, undefined> {
  // A page that fails while another one is awaited is reported when its turn comes.
  const next = (source: AsyncGenerator<T, void, undefined>): Promise<Settled<T>> =>
    source.next().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
  const ahead = new Map(sources.map((source) => [source, next(source)]));
  try {
    while (ahead.size > 0) {
      for (const [source, pending] of ahead) {
        const settled = await pending;
        if ("error" in settled) throw settled.error;
        if (settled.value.done === true) {
          ahead.delete(source);
        } else {
          ahead.set(source, next(source));
          yield settled.value.value;
        }
      }
    }
  } finally {
    await Promise.all(ahead.values());
  }
}
