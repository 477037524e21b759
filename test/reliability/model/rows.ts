import type { SimulatedTable } from "../simulation/table.ts";

/** Rows of one subscription: for everybody, and for each filter. */
export const ROWS_EACH = 3;

/** Sort keys of the rows that publishers find subscriptions by, and that are still good. */
export function routeRows(table: SimulatedTable, nowMs: number): readonly string[] {
  return [...table.items()]
    .filter(({ pk, expireAt }) => {
      return String(pk).startsWith("path#") && Number(expireAt) * 1_000 > nowMs;
    })
    .map(({ sk }) => String(sk));
}

/** Connection and id that a row belongs to. */
export function ownerOf(sk: string): string {
  const [, connectionId, id] = /connection#([^#]+)#subscription#%n(\d+)#[^#]+$/.exec(sk) ?? [];
  return `${connectionId} ${id}`;
}

/** Rows without an end, or with one after the longest connection's. */
export function endlessRows(table: SimulatedTable, latestMs: number): readonly string[] {
  return [...table.items()]
    .filter(({ pk, expireAt }) => {
      const isGood = typeof expireAt === "number" && expireAt * 1_000 <= latestMs;
      return !isGood && !String(pk).startsWith("secret#");
    })
    .map(({ pk, sk }) => `${pk} ${sk} never expires`);
}
