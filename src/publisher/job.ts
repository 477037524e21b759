import { randomBytes } from "node:crypto";
import type { ApiReference, Route, RowKey } from "../store/types.ts";

/** Key text of each query of a call; `undefined` asks for every subscriber. */
export type Keys = readonly (string | undefined)[];

/** How far a fan-out has come: everything before it was taken. */
export interface Position {
  /** Index of the key that is being read. */
  readonly key: number;
  /** Last row taken of it in each shard. */
  readonly after: readonly RowKey[];
}

/** Whom a fan-out, or a part of it, is for. */
export interface Audience {
  /** Dotted path of the procedure. */
  readonly path: string;
  readonly keys: Keys;
  /** Where it begins. */
  readonly position: Position;
  /** This shard alone; absent for all. */
  readonly shard?: number;
  /** Last rows that belong to it, of each shard that has any; absent for the end of the audience. */
  readonly end?: Position;
}

/** One event on its way to its audience: what any process needs to go on with it. */
export interface FanOutJob extends Audience {
  /** Of the publish; the same for every part of it. */
  readonly id: string;
  /** Names the part, see {@link nextPart}; no two parts of a publish have the same name. */
  readonly part: string;
  /** Whose connections it is for; absent where the endpoint does not tell. */
  readonly api?: ApiReference;
  /** Taken before, refused when they were tried, and to be tried again. */
  readonly pending: readonly Route[];
  /** Left over by a worker that repeated another one: any of it may have been posted before. */
  readonly repeated?: true;
  readonly issuedAtMs: number;
}

/** Name of what a call does itself. */
export const FIRST_PART = "0";

/** The start of an audience. */
export const START: Position = { key: 0, after: [] };

/**
 * The whole of a fan-out.
 *
 * @param id - of the publish; made at random when it has none of its own
 */
export function newJob(
  { api }: { readonly api: ApiReference | undefined },
  { path, keys }: Pick<FanOutJob, "path" | "keys">,
  id: string = randomBytes(12).toString("base64url"),
): FanOutJob {
  const issuedAtMs = Date.now();
  const job = { id, part: FIRST_PART, path, keys, position: START, pending: [], issuedAtMs };
  return api === undefined ? job : { ...job, api };
}

/** Follows a fan-out through its audience. */
export class Progress {
  #key: number;
  readonly #after: Map<string, RowKey>;

  constructor({ key, after }: Position) {
    this.#key = key;
    this.#after = new Map(after.map((row) => [row.pk, row]));
  }

  /** Notes the next row that was taken. */
  take(key: number, row: RowKey): void {
    if (key !== this.#key) {
      this.#key = key;
      this.#after.clear();
    }
    this.#after.set(row.pk, row);
  }

  get position(): Position {
    return { key: this.#key, after: [...this.#after.values()] };
  }
}

/** Name of the part behind one: `1` behind `0`. A worker that repeats another one must come to the same. */
export function nextPart(part: string): string {
  const numbers = part.split(".");
  const last = Number.parseInt(numbers.pop() ?? "", 10);
  return [...numbers, last + 1].join(".");
}

/**
 * Name of the first part that a call leaves to workers. A call that repeats another one has names of its own: it begins
 * elsewhere, since subscribers have come and gone, and workers would take what stands under the other's names for done.
 *
 * @param repetition - tells a repeated call from every other call for the same event; absent for the first
 */
export function firstQueuedPart(repetition: string | undefined): string {
  return nextPart(repetition === undefined ? FIRST_PART : `${FIRST_PART}.${repetition}.0`);
}

/** Name of the first part of one of the shards into which a part is divided. */
export function shardPart(part: string, shard: number): string {
  return `${part}.${shard}.0`;
}

/** Name of the first part of what was left of one. */
export function leftoverPart(part: string): string {
  return `${part}.left.0`;
}
