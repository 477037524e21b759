/** Shape of {@link table}. */
export interface TableDefinition {
  /** Partition key. */
  readonly partitionKey: { readonly name: "pk"; readonly type: "S" };
  /** Sort key. */
  readonly sortKey: { readonly name: "sk"; readonly type: "S" };
  /** Time to live: epoch seconds; switch it on, or expired rows are paid for for ever. */
  readonly timeToLiveAttribute: "expireAt";
}

/**
 * The one table, as plain data for any infrastructure code. It has no index; on-demand billing suits it.
 *
 * @category Store
 */
export const table: TableDefinition = {
  partitionKey: { name: "pk", type: "S" },
  sortKey: { name: "sk", type: "S" },
  timeToLiveAttribute: "expireAt",
};
