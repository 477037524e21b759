import {
  canonicalFields,
  type FilterField,
  type FilterFields,
  type FilterScalar,
} from "../store/filterKeys.ts";
import { keysOf } from "../store/keys.ts";
import { isEveryValue, type KeyFilter } from "../store/readKeys.ts";
import type { ApiReference } from "../store/types.ts";
import { publishKeys } from "../subscriptions/filter.ts";
import type { InspectedPublish, TableInspection } from "./types.ts";

/** A filter of a publish with its values; `input` is empty when it was left out. */
export interface AddressedValues {
  readonly name: string;
  readonly ctx: readonly FilterField[];
  readonly input: readonly FilterField[];
}

/** One filter of a publish. */
export interface AddressedFilter {
  /** Those of {@link PublishAddress.keys} that are its own. */
  readonly keys: PublishAddress["keys"];
  /** Absent for every subscriber. */
  readonly filter?: AddressedValues;
}

/** What a publish asks the table for. */
export interface PublishAddress {
  readonly path: string;
  /** Partitions that are read, in the order of their shards. */
  readonly partitions: readonly string[];
  /** Key texts that are asked for, in order; `undefined` for every subscriber. */
  readonly keys: readonly (string | undefined)[];
  /** One that another covers is left out, as `publish` does. */
  readonly filters: readonly AddressedFilter[];
  readonly api?: ApiReference;
}

/**
 * Checks the address of a publish as `publish` would. The fields of a filter are those that rows in the table have; a
 * filter that no row has is taken as it is written.
 *
 * @throws {@link InvalidFilterError} for anything that is not exactly a filter of the table with its fields
 */
export function publishAddress(
  inspection: TableInspection,
  publish: InspectedPublish,
): PublishAddress {
  const { path, api } = publish;
  const shards = publish.shards ?? shardsOf(inspection, path);
  const keys = keysOf(inspection.namespace);
  return {
    path,
    partitions: Array.from({ length: shards }, (_, shard) => keys.path(path, shard)),
    ...filtersOf(inspection, publish),
    ...(api !== undefined && { api }),
  };
}

/**
 * The filters that subscriptions of a path have rows for, each shape of one once. A field is known to be optional where
 * somebody left it out.
 */
export function storedFilters(
  { subscriptions }: TableInspection,
  path: string,
): readonly FilterFields[] {
  const shapes = subscriptions
    .filter((subscription) => subscription.path === path)
    .flatMap(({ routes }) => routes)
    .flatMap(({ filter }) => (typeof filter === "object" ? [shapeOf(filter)] : []));
  const merged = new Map<string, FilterFields>();
  for (const shape of shapes) {
    const { name, ctx, input } = shape;
    const key = JSON.stringify([name, ctx, input]);
    merged.set(key, withOptionalOf(merged.get(key) ?? shape, shape));
  }
  return [...merged.values()];
}

function shapeOf({ name, ctx, input }: KeyFilter): FilterFields {
  const names = (fields: KeyFilter["ctx"]): readonly string[] => fields.map(([field]) => field);
  const optional = (fields: KeyFilter["ctx"]): readonly string[] =>
    names(fields.filter(([, value]) => isEveryValue(value)));
  const sections = { ctx: optional(ctx), input: optional(input) };
  return { name, ctx: names(ctx), input: names(input), optional: sections };
}

function withOptionalOf(one: FilterFields, other: FilterFields): FilterFields {
  const either = (section: "ctx" | "input"): readonly string[] =>
    one[section].filter((field) =>
      [one, other].some(({ optional }) => optional?.[section].includes(field)),
    );
  return { ...one, optional: { ctx: either("ctx"), input: either("input") } };
}

function shardsOf({ subscriptions }: TableInspection, path: string): number {
  const shards = subscriptions
    .filter((subscription) => subscription.path === path)
    .flatMap(({ routes }) => routes.map(({ shard }) => shard + 1));
  return Math.max(1, ...shards);
}

function filtersOf(
  inspection: TableInspection,
  publish: InspectedPublish,
): Pick<PublishAddress, "keys" | "filters"> {
  if (!("filter" in publish)) return { keys: [undefined], filters: [{ keys: [undefined] }] };
  const { path, filter } = publish;
  const stored = storedFilters(inspection, path);
  const given: readonly unknown[] = Array.isArray(filter) ? filter : [filter];
  const shapes = given.flatMap((each) => shapeFor(stored, each) ?? []);
  const app = { filters: new Map([[path, [...shapes, ...stored]]]) };
  const keys = publishKeys(app, path, { filter });
  const left = new Set(keys);
  const filters = given.flatMap((each): readonly AddressedFilter[] => {
    const shape = shapeFor(stored, each);
    const one = { filters: new Map([[path, shape === undefined ? stored : [shape]]]) };
    const own = publishKeys(one, path, { filter: each }).filter((key) => left.delete(key));
    return own.length === 0 ? [] : [{ keys: own, filter: valuesOf(shape, each) }];
  });
  return { keys, filters };
}

/** The stored filter that one of a publish speaks of: the one with its fields, or any with its name. */
function shapeFor(stored: readonly FilterFields[], filter: unknown): FilterFields | undefined {
  if (!isRecord(filter) || typeof filter["name"] !== "string") return undefined;
  const { name, ctx = {}, input } = filter;
  const given: FilterFields = {
    name,
    ctx: isRecord(ctx) ? canonicalFields(Object.keys(ctx)) : [],
    input: isRecord(input) ? canonicalFields(Object.keys(input)) : [],
  };
  const named = stored.filter((each) => each.name === name);
  const fits = ({ ctx: own, input: others }: FilterFields): boolean =>
    String(own) === String(given.ctx) &&
    (input === undefined || String(others) === String(given.input));
  // Keys with such a field have two readings: what is given may be the right one.
  const isAmbiguous = given.ctx.includes("input");
  return named.find(fits) ?? (isAmbiguous ? given : (named[0] ?? given));
}

function valuesOf(shape: FilterFields | undefined, filter: unknown): AddressedValues {
  const values = (section: "ctx" | "input"): readonly FilterField[] => {
    const given = isRecord(filter) ? filter[section] : undefined;
    if (!isRecord(given)) return [];
    // `publishKeys` has made sure that these are scalars.
    return (shape?.[section] ?? []).map((field) => [field, given[field] as FilterScalar]);
  };
  return { name: shape?.name ?? "", ctx: values("ctx"), input: values("input") };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
