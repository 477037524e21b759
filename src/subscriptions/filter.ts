import { InvalidFilterError } from "../errors.ts";
import {
  type AddressField,
  EVERY_VALUE,
  type FilterField,
  type FilterFields,
  filterKey,
  isFilterScalar,
} from "../store/filterKeys.ts";
import type { RouteAddress } from "../store/types.ts";
import type { App } from "./app.ts";
import { describe, isRecord } from "./valueKind.ts";

/**
 * Where publishers find a subscriber: the address of all subscribers of its route, then one per filter whose fields it
 * has. A filter with a field that is absent, `undefined` or no scalar has none: it never matches by accident. Where the
 * field is optional, one that is absent or `undefined` is found by every value.
 */
export function subscriberRoutes(
  app: Pick<App, "filters">,
  subscriber: { readonly path: string; readonly input: unknown; readonly ctx: unknown },
): readonly RouteAddress[] {
  const { path } = subscriber;
  const filtered = (app.filters.get(path) ?? []).flatMap((filter): RouteAddress[] => {
    const ctx = subscriberFields(filter, "ctx", subscriber.ctx);
    const input = subscriberFields(filter, "input", subscriber.input);
    if (ctx === undefined || input === undefined) return [];
    return [{ path, filter: filterKey({ name: filter.name, ctx, input }) }];
  });
  return [{ path }, ...filtered];
}

/** The fields of a subscriber that a filter names; `undefined` when it lacks one that is not optional. */
export function subscriberFields(
  filter: FilterFields,
  section: Section,
  from: unknown,
): readonly AddressField[] | undefined {
  const values: AddressField[] = [];
  for (const field of filter[section]) {
    // Inherited members count: a context may be an instance with getters. Those of Object.prototype are no scalars.
    const value: unknown =
      typeof from === "object" && from !== null ? Reflect.get(from, field) : undefined;
    if (value === undefined && isOptional(filter, section, field)) {
      values.push([field, EVERY_VALUE]);
      continue;
    }
    if (!isFilterScalar(value)) return undefined;
    values.push([field, value]);
  }
  return values;
}

function isOptional({ optional }: FilterFields, section: Section, field: string): boolean {
  return optional?.[section].includes(field) ?? false;
}

/**
 * What a publisher queries for: the key texts of a filter, or `undefined` for every subscriber of the route.
 *
 * Without `filter` in the options it is every subscriber. An array of filters is a union, `[]` nobody. A filter that
 * another one of the array covers is left out. One with optional fields has a key for every combination of those that
 * have the value and those that were left out; a subscription has one of them.
 *
 * @throws {@link InvalidFilterError} for anything that is not exactly a declared filter with its fields; an `undefined`
 * never widens the audience
 */
export function publishKeys(
  app: Pick<App, "filters">,
  path: string,
  options: object,
): readonly (string | undefined)[] {
  return keysOf(addressesIn(app, path, options), withEveryValue);
}

/** {@link publishKeys} of those alone who have a value in every optional field that is given. */
export function exactKeys(
  app: Pick<App, "filters">,
  path: string,
  options: object,
): readonly (string | undefined)[] {
  return keysOf(addressesIn(app, path, options), ({ values }) => [values]);
}

type Section = "ctx" | "input";

/** A declared filter with the values that a publisher gave. */
interface PublishAddress {
  readonly filter: FilterFields;
  readonly ctx: readonly FilterField[];
  /** Empty for every subscriber with these `ctx` values. */
  readonly input: readonly FilterField[];
}

/** A section of a {@link PublishAddress}. */
interface AddressSection {
  readonly filter: FilterFields;
  readonly section: Section;
  readonly values: readonly FilterField[];
}

function keysOf(
  addresses: readonly PublishAddress[] | undefined,
  alternatives: (section: AddressSection) => readonly (readonly AddressField[])[],
): readonly (string | undefined)[] {
  if (addresses === undefined) return [undefined];
  const keys = addresses.flatMap(({ filter, ctx, input }) => {
    const inputs = alternatives({ filter, section: "input", values: input });
    return alternatives({ filter, section: "ctx", values: ctx }).flatMap((some) =>
      inputs.map((other) => filterKey({ name: filter.name, ctx: some, input: other })),
    );
  });
  return [...new Set(keys)].filter(
    (key, _, all) => !all.some((other) => other !== key && key.startsWith(other)),
  );
}

function withEveryValue({
  filter,
  section,
  values,
}: AddressSection): readonly (readonly AddressField[])[] {
  let all: readonly (readonly AddressField[])[] = [[]];
  for (const field of values) {
    const [name] = field;
    const both: readonly AddressField[] = isOptional(filter, section, name)
      ? [field, [name, EVERY_VALUE]]
      : [field];
    all = all.flatMap((before) => both.map((one) => [...before, one]));
  }
  return all;
}

/** `undefined` for every subscriber of the route. */
function addressesIn(
  app: Pick<App, "filters">,
  path: string,
  options: object,
): readonly PublishAddress[] | undefined {
  if (!("filter" in options)) return undefined;
  const filter: unknown = options.filter;
  const declared = app.filters.get(path) ?? [];
  return Array.isArray(filter)
    ? Array.from(filter, (each: unknown, index) =>
        addressOf(declared, { path, prefix: `filter[${index}]` }, each),
      )
    : [addressOf(declared, { path, prefix: "" }, filter)];
}

/** Where a filter is, for errors: the path, and its index when it is one of several. */
interface Place {
  readonly path: string;
  /** Empty for a single filter. */
  readonly prefix: string;
}

function invalid({ path, prefix }: Place, place: string, problem: string): InvalidFilterError {
  const places = [prefix, place].filter((part) => part !== "");
  return new InvalidFilterError({ path, place: places.join(".") || "filter" }, problem);
}

function addressOf(declared: readonly FilterFields[], at: Place, filter: unknown): PublishAddress {
  if (!isRecord(filter)) {
    throw invalid(at, "", `is ${describe(filter)}. Leave it out to address every subscriber.`);
  }
  const unknownKey = Object.keys(filter).find((key) => !["name", "ctx", "input"].includes(key));
  if (unknownKey !== undefined) throw invalid(at, unknownKey, "is not part of a filter.");
  const { name } = filter;
  const fields = declared.find((each) => each.name === name);
  if (fields === undefined) {
    const names = declared.map((each) => `"${each.name}"`).join(", ") || "none";
    const given = typeof name === "string" ? `"${name}"` : describe(name);
    throw invalid(at, "name", `is ${given}. Declared on this route: ${names}.`);
  }
  const ctx = publishFields(fields.ctx, { ...at, section: "ctx" }, filter);
  // One that is inherited is missing below, and not left out: that would widen the audience.
  const isCtxOnly = fields.ctx.length > 0 && !("input" in filter);
  const input = isCtxOnly ? [] : publishFields(fields.input, { ...at, section: "input" }, filter);
  return { filter: fields, ctx, input };
}

function publishFields(
  fields: readonly string[],
  at: Place & { readonly section: Section },
  filter: Readonly<Record<string, unknown>>,
): readonly FilterField[] {
  if (!Object.hasOwn(filter, at.section)) {
    if (fields.length === 0) return [];
    throw invalid(at, at.section, "is missing.");
  }
  const values = filter[at.section];
  if (!isRecord(values)) throw invalid(at, at.section, `is ${describe(values)}, not an object.`);
  const unknownField = Object.keys(values).find((field) => !fields.includes(field));
  if (unknownField !== undefined) {
    throw invalid(at, `${at.section}.${unknownField}`, "is not a field of this filter.");
  }
  return fields.map((field): FilterField => {
    const place = `${at.section}.${field}`;
    if (!Object.hasOwn(values, field)) throw invalid(at, place, "is missing.");
    const value = values[field];
    if (isFilterScalar(value)) return [field, value];
    throw invalid(
      at,
      place,
      `is ${describe(value)}. A field is a string, a finite number, a boolean, a bigint or null.`,
    );
  });
}
