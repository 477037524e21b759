import { filterNameKey } from "./filterName.ts";
import type { LastFrame } from "./lifecycle.ts";
import type { EpochSeconds, Route, RowKey } from "./types.ts";

/** What is stored of a route's subscription. */
interface Owner extends LastFrame {
  readonly expireAt: EpochSeconds;
  /** Every route row that was written with it. */
  readonly routes: readonly RowKey[];
}

/**
 * Tells whether a route belongs to a live subscription that none of the other filters finds. The row of the
 * subscription is asked, and not who has been found before: memory does not grow with the audience, and a fan-out that
 * goes on in another process decides the same.
 */
export function isFoundByNoOther(
  { key, requestTimeMs }: Pick<Route, "key" | "requestTimeMs">,
  owner: Owner | undefined,
  { except, now }: { readonly except: readonly string[]; readonly now: EpochSeconds },
): boolean {
  if (owner?.state !== "ACTIVE" || owner.expireAt <= now) return false;
  // Another one that uses the same id again.
  if (owner.requestTimeMs !== requestTimeMs) return false;
  // A subscription's rows of one path are all in one partition: that of its connection's shard.
  return !owner.routes.some(
    ({ pk, sk }) => pk === key.pk && except.some((filter) => sk.startsWith(filter)),
  );
}

/**
 * The filters before one of a union that may find a subscription too. A subscription has one row for each filter, so
 * only keys of different filters can find it twice.
 *
 * @param filters - key texts; `undefined` for every subscriber
 */
export function exceptOf(
  filters: readonly (string | undefined)[],
  index: number,
): readonly string[] {
  const own = filterNameKey(filters[index] ?? "");
  return filters
    .slice(0, index)
    .flatMap((other) => (other === undefined || filterNameKey(other) === own ? [] : [other]));
}
