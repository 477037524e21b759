import { BuilderError, InvalidFilterError } from "../errors.ts";
import { isWellFormed } from "../protocol/keyText.ts";
import { MAX_SORT_KEY_BYTES } from "../protocol/limits.ts";
import {
  canonicalFields,
  type FilterField,
  type FilterFields,
  filterKey,
  isFilterScalar,
} from "../store/filterKeys.ts";
import { fitsSortKey, longestFilterKeyBytes } from "../store/keys.ts";
import type { RouteAddress } from "../store/types.ts";
import type { App } from "./app.ts";
import { isBelowLazyRouter, loadedDefinitionOf } from "./definitionOf.ts";
import { namedFields } from "./hooks.ts";

/** The filters of an app, by dotted path. */
export type FiltersByPath = ReadonlyMap<string, readonly FilterFields[]>;

/**
 * The filters with more of them on one route; the given map stays as it is.
 *
 * @throws {@link BuilderError} for a path that is no subscription made by `resolver()`, a name that is taken, a field
 * that is not `true`, or keys that could exceed 1,024 bytes
 */
export function declareFilters(
  app: Pick<App, "router" | "filters">,
  path: string,
  declarations: readonly unknown[],
): FiltersByPath {
  if (loadedDefinitionOf(app, path) === undefined && !isBelowLazyRouter(app, path)) {
    throw new BuilderError(
      `routes.${path}.filter(): "${path}" is not a subscription whose resolver is subscriptions.resolver(…).`,
    );
  }
  if (declarations.length === 0) {
    throw new BuilderError(`routes.${path}.filter(): expected at least one filter.`);
  }
  const declared = [...(app.filters.get(path) ?? [])];
  for (const declaration of declarations) {
    const filter = filterFields(path, declaration);
    if (declared.some(({ name }) => name === filter.name)) {
      throw new BuilderError(`routes.${path}.filter(): the name "${filter.name}" is taken.`);
    }
    declared.push(filter);
  }
  return new Map(app.filters).set(path, declared);
}

function filterFields(path: string, declaration: unknown): FilterFields {
  const step = `routes.${path}.filter()`;
  if (!isRecord(declaration)) {
    throw new BuilderError(`${step}: expected { name, ctx, input }.`);
  }
  const { name, ctx = {}, input = {}, ...unknown } = declaration;
  const [unknownKey] = Object.keys(unknown);
  if (unknownKey !== undefined) {
    throw new BuilderError(`${step}: unknown option "${unknownKey}".`);
  }
  if (typeof name !== "string" || name === "" || !isWellFormed(name)) {
    throw new BuilderError(`${step}: name is ${describe(name)}. It is a text that is not empty.`);
  }
  const filter: FilterFields = {
    name,
    ctx: canonicalFields(namedFields(`${step} "${name}": ctx`, ctx)),
    input: canonicalFields(namedFields(`${step} "${name}": input`, input)),
  };
  if (![...filter.ctx, ...filter.input].every(isWellFormed)) {
    throw new BuilderError(`${step} "${name}": a field's name has a lone surrogate.`);
  }
  if (!fitsSortKey(filter)) {
    throw new BuilderError(
      `${step} "${name}": its keys can have ${longestFilterKeyBytes(filter)} bytes, DynamoDB takes ${MAX_SORT_KEY_BYTES}. Use fewer fields or shorter names.`,
    );
  }
  return filter;
}

/**
 * Where publishers find a subscriber: the address of all subscribers of its route, then one per filter whose fields it
 * has. A filter with a field that is absent, `undefined` or no scalar has none: it never matches by accident.
 */
export function subscriberRoutes(
  app: Pick<App, "filters">,
  subscriber: { readonly path: string; readonly input: unknown; readonly ctx: unknown },
): readonly RouteAddress[] {
  const { path } = subscriber;
  const filtered = (app.filters.get(path) ?? []).flatMap((filter): RouteAddress[] => {
    const ctx = subscriberFields(filter.ctx, subscriber.ctx);
    const input = subscriberFields(filter.input, subscriber.input);
    if (ctx === undefined || input === undefined) return [];
    return [{ path, filter: filterKey({ name: filter.name, ctx, input }) }];
  });
  return [{ path }, ...filtered];
}

/** The fields of a subscriber that a filter names; `undefined` when it lacks one of them. */
export function subscriberFields(
  fields: readonly string[],
  from: unknown,
): readonly FilterField[] | undefined {
  const values: FilterField[] = [];
  for (const field of fields) {
    // Inherited members count: a context may be an instance with getters. Those of Object.prototype are no scalars.
    const value: unknown =
      typeof from === "object" && from !== null ? Reflect.get(from, field) : undefined;
    if (!isFilterScalar(value)) return undefined;
    values.push([field, value]);
  }
  return values;
}

/**
 * What a publisher queries for: the key text of a filter, or `undefined` for every subscriber of the route.
 *
 * Without `filter` in the options it is every subscriber. An array of filters is a union, `[]` nobody. A filter that
 * another one of the array covers is left out.
 *
 * @throws {@link InvalidFilterError} for anything that is not exactly a declared filter with its fields; an `undefined`
 * never widens the audience
 */
export function publishKeys(
  app: Pick<App, "filters">,
  path: string,
  options: object,
): readonly (string | undefined)[] {
  if (!("filter" in options)) return [undefined];
  const filter: unknown = options.filter;
  const declared = app.filters.get(path) ?? [];
  const keys = Array.isArray(filter)
    ? Array.from(filter, (each: unknown, index) =>
        publishKey(declared, { path, prefix: `filter[${index}]` }, each),
      )
    : [publishKey(declared, { path, prefix: "" }, filter)];
  return [...new Set(keys)].filter(
    (key, _, all) => !all.some((other) => other !== key && key.startsWith(other)),
  );
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

function publishKey(declared: readonly FilterFields[], at: Place, filter: unknown): string {
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
  if (fields.ctx.length > 0 && !("input" in filter)) {
    return filterKey({ name: fields.name, ctx });
  }
  const input = publishFields(fields.input, { ...at, section: "input" }, filter);
  return filterKey({ name: fields.name, ctx, input });
}

function publishFields(
  fields: readonly string[],
  at: Place & { readonly section: "ctx" | "input" },
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

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The kind of a value; never the value, which may be private. */
function describe(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "number":
      return String(value);
    case "string":
      return isWellFormed(value) ? "a string" : "a string with a lone surrogate";
    case "object":
      return value === null ? "null" : `an ${Array.isArray(value) ? "array" : "object"}`;
    default:
      return `a ${typeof value}`;
  }
}
