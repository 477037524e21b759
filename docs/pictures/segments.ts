import {
  canonicalFields,
  type FilterField,
  type FilterScalar,
  filterKey,
} from "../../src/store/filterKeys.ts";
import { type Incarnation, routeSortKey } from "../../src/store/keys.ts";

/** What a piece of a key stands for. */
export type Role = "path" | "filter" | "ctx" | "input" | "connection" | "subscription" | "time";

/** A piece of a key, `#` at its end included. */
export interface Segment {
  readonly text: string;
  readonly role: Role;
}

/** A filter with its values, as somebody would write it. */
export interface Filter {
  readonly name: string;
  readonly ctx?: Readonly<Record<string, FilterScalar>>;
  readonly input?: Readonly<Record<string, FilterScalar>>;
}

function fieldsOf(record: Readonly<Record<string, FilterScalar>>): readonly FilterField[] {
  return canonicalFields(Object.keys(record)).map((field) => [field, record[field] ?? null]);
}

/** The text that the sort keys of a filter's subscribers begin with, as the publisher asks for it. */
export function prefixOf({ name, ctx = {}, input }: Filter): string {
  return filterKey({
    name,
    ctx: fieldsOf(ctx),
    ...(input === undefined ? {} : { input: fieldsOf(input) }),
  });
}

/** The sort key of a subscriber's route, as the store writes it; without a filter the one for everybody. */
export function sortKeyOf(filter: Filter | undefined, of: Incarnation): string {
  return routeSortKey(filter === undefined ? undefined : prefixOf(filter), of);
}

/** Cuts a key of the store into what its parts stand for. */
export function segmentsOf(key: string): readonly Segment[] {
  const segments: Segment[] = [];
  let role: Role | undefined;
  for (const part of key.match(/[^#]*#|[^#]+$/g) ?? []) {
    const begun = SECTIONS.get(part);
    const isBegin = begun !== undefined && isInOrder(role, begun);
    if (isBegin) {
      segments.push({ text: part, role: begun });
      role = begun;
      continue;
    }
    const last = segments.pop();
    if (last === undefined || role === undefined) throw new Error(`${key} is no key of a route`);
    segments.push({ text: last.text + part, role });
  }
  return segments.flatMap(withTime);
}

const SECTIONS: ReadonlyMap<string, Role> = new Map([
  ["path#", "path"],
  ["name#", "filter"],
  ["ctx#", "ctx"],
  ["input#", "input"],
  ["connection#", "connection"],
  ["subscription#", "subscription"],
]);

/** A field may be called `name` too; a section begins only behind the ones before it. */
function isInOrder(role: Role | undefined, next: Role): boolean {
  const order = [...SECTIONS.values()];
  return role === undefined || order.indexOf(next) > order.indexOf(role);
}

/** Behind a subscription's id stands the time of its frame, in routes. */
function withTime(segment: Segment): readonly Segment[] {
  const time = /^(subscription#[^#]+#)([^#]+)$/.exec(segment.text);
  if (segment.role !== "subscription" || time === null) return [segment];
  return [
    { text: time[1] ?? "", role: "subscription" },
    { text: time[2] ?? "", role: "time" },
  ];
}
