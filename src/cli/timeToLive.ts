import type { TimeToLive } from "../inspect/describeTable.ts";
import { table as definition } from "../store/dynamodb/table.ts";
import { printable } from "./text.ts";

/** What is wrong with a table's TTL, and the fix; `undefined` when nothing is known to be wrong. */
export function timeToLiveProblem(tableName: string, timeToLive: TimeToLive): string | undefined {
  if (timeToLive.status === "on" || timeToLive.status === "unknown") return undefined;
  const problem =
    timeToLive.status === "off"
      ? "has no TTL"
      : `has its TTL on "${printable(timeToLive.attribute)}"`;
  return `table "${printable(tableName)}" ${problem}: expired rows are never deleted, and paid for. Switch TTL on for attribute "${definition.timeToLiveAttribute}".`;
}
