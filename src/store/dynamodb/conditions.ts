/** No row is there. */
export const ABSENT = "attribute_not_exists(pk)";
/** The row counts no more, though DynamoDB's TTL has not removed it yet, which may take days. */
export const EXPIRED = "expireAt <= :now";
/** The row counts. */
export const LIVE = "expireAt > :now";

/** Every one of the conditions. */
export function allOf(...conditions: readonly string[]): string {
  return conditions.map((condition) => `(${condition})`).join(" AND ");
}

/** At least one of the conditions. */
export function anyOf(...conditions: readonly string[]): string {
  return conditions.map((condition) => `(${condition})`).join(" OR ");
}
