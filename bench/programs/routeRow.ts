import { filterKey } from "../../src/store/filterKeys.ts";
import type { Task } from "./task.ts";

/** Path of the benchmarked subscription, and its filter. */
export const ROUTE_PATH = "mySubscription";
export const FILTER_NAME = "userIdAndName";

/** How the rows of the audience begin. */
export function audiencePrefix({ userId, name }: Pick<Task, "userId" | "name">): string {
  return filterKey({ name: FILTER_NAME, ctx: [["userId", userId]], input: [["name", name]] });
}

/** One subscriber as a program without the library reads it: the ids need no unescaping, the harness chose them so. */
export interface Target {
  readonly connectionId: string;
  /** The request's id as JSON. */
  readonly id: string;
}

/** Reads the end of a row's sort key. */
export function targetOf(sortKey: string): Target {
  const [connectionId = "", , id = ""] = sortKey.split("#").slice(-4);
  return { connectionId, id: id.slice(2) };
}

/** The frames of one event: serialised once, and put into the envelope of each request. */
export function framer(data: string): (target: Target) => string {
  const rest = `,"result":${JSON.stringify({ type: "data", data })}}`;
  return ({ id }) => `{"id":${id}${rest}`;
}
