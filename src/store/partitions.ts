import { BROADCAST_PREFIX, type Keys } from "./keys.ts";
import type { RouteQuery, RowKey } from "./types.ts";

/** What one shard of a route is asked for. */
export interface PartitionQuery {
  readonly pk: string;
  /** The sort keys wanted begin with it. */
  readonly prefix: string;
  /** Sort key of the last row taken; absent to read from the start. */
  readonly after?: string;
}

/**
 * The partitions that a query reads.
 *
 * @throws RangeError when `shard` or `after` do not belong to the query. A cursor is signed, so that is no user's doing:
 * either the code that made the query is wrong, or the route has fewer shards than when the cursor was made.
 */
export function partitionsOf(keys: Keys, query: RouteQuery): readonly PartitionQuery[] {
  const { path, filter, shards, shard } = query;
  if (shard !== undefined && !(Number.isInteger(shard) && shard >= 0 && shard < shards)) {
    throw new RangeError(`shard is ${shard}, but "${path}" has the shards 0 to ${shards - 1}`);
  }
  const prefix = filter ?? BROADCAST_PREFIX;
  const after = new Map<string, string>();
  const partitions = Array.from({ length: shards }, (_, index) => keys.path(path, index));
  for (const key of query.after ?? []) {
    if (after.has(key.pk)) refuse(key, `there are two rows of partition "${key.pk}"`);
    if (!partitions.includes(key.pk)) refuse(key, `"${path}" with ${shards} shards has it not`);
    if (!key.sk.startsWith(prefix)) refuse(key, `rows of this query begin with "${prefix}"`);
    after.set(key.pk, key.sk);
  }
  return partitions
    .filter((_, index) => shard === undefined || shard === index)
    .map((pk) => {
      const sk = after.get(pk);
      return { pk, prefix, ...(sk !== undefined && { after: sk }) };
    });
}

function refuse({ pk, sk }: RowKey, why: string): never {
  throw new RangeError(
    `\`after\` names row "${sk}" of partition "${pk}", which this query cannot continue behind: ${why}`,
  );
}
