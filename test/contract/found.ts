import type { Route, RouteQuery, Store } from "../../src/store/types.ts";
import { PATH } from "../../src/testing/store/world.ts";

/** Every row that a publisher would find, in its order. */
export async function found(
  store: Store,
  query: Partial<RouteQuery> = {},
): Promise<readonly Route[]> {
  const all: Route[] = [];
  for await (const page of store.findRoutes({ path: PATH, shards: 1, ...query })) all.push(...page);
  return all;
}
