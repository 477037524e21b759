import { BuilderError } from "../errors.ts";
import { isWellFormed } from "../protocol/keyText.ts";
import { MAX_SORT_KEY_BYTES } from "../protocol/limits.ts";
import { canonicalFields, type FilterFields } from "../store/filterKeys.ts";
import { fitsSortKey, longestFilterKeyBytes } from "../store/keys.ts";
import type { App } from "./app.ts";
import { isBelowLazyRouter, loadedDefinitionOf } from "./definitionOf.ts";
import { describe, isRecord } from "./valueKind.ts";

/** Optional fields that a filter may have. A publish asks for every combination of them: three are eight queries. */
const MAX_OPTIONAL_FIELDS = 3;

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
  const place = `${step} "${name}"`;
  const filter = { name, ...markedFields(place, { ctx, input }) };
  if (![...filter.ctx, ...filter.input].every(isWellFormed)) {
    throw new BuilderError(`${place}: a field's name has a lone surrogate.`);
  }
  if (!fitsSortKey(filter)) {
    throw new BuilderError(
      `${place}: its keys can have ${longestFilterKeyBytes(filter)} bytes, DynamoDB takes ${MAX_SORT_KEY_BYTES}. Use fewer fields or shorter names.`,
    );
  }
  return filter;
}

function markedFields(
  place: string,
  sections: { readonly ctx: unknown; readonly input: unknown },
): Pick<FilterFields, "ctx" | "input" | "optional"> {
  const ctx = fieldsBy(`${place}: ctx`, sections.ctx);
  const input = fieldsBy(`${place}: input`, sections.input);
  const fields = { ctx: ctx.all, input: input.all };
  const count = ctx.optional.length + input.optional.length;
  if (count > MAX_OPTIONAL_FIELDS) {
    throw new BuilderError(
      `${place}: ${count} fields are optional, at most ${MAX_OPTIONAL_FIELDS} can be. Every one of them doubles what a publish asks the table for.`,
    );
  }
  return count === 0
    ? fields
    : { ...fields, optional: { ctx: ctx.optional, input: input.optional } };
}

/** The fields of a section by their marks; those that are `false` or `undefined`, which the types refuse, are not named. */
function fieldsBy(
  place: string,
  section: unknown,
): { readonly all: readonly string[]; readonly optional: readonly string[] } {
  if (!isRecord(section)) {
    throw new BuilderError(`${place}: expected an object such as { userId: true }.`);
  }
  const marks = Object.entries(section).filter(([, mark]) => mark !== false && mark !== undefined);
  for (const [field, mark] of marks) {
    if (mark === true || mark === "optional") continue;
    const given = typeof mark === "string" ? `"${mark}"` : describe(mark);
    throw new BuilderError(`${place}: "${field}" is ${given}. Use true, or "optional".`);
  }
  const optional = marks.filter(([, mark]) => mark === "optional");
  const names = (of: typeof marks): readonly string[] =>
    canonicalFields(of.map(([field]) => field));
  return { all: names(marks), optional: names(optional) };
}
