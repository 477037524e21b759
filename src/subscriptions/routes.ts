import type { AnyTRPCProcedure } from "@trpc/server";
import type { FilterScalar } from "../store/filterKeys.ts";
import type { RouteTypesOf } from "./brand.ts";

/**
 * A declared filter. All filters of a chain are one flat union of these: nested accumulators end in "excessively deep"
 * (TS2589) after some thirty steps.
 */
export interface AnyFilter {
  /** Dotted path of its procedure. */
  readonly path: string;
  readonly name: string;
  /** Its input fields; `never` without. */
  readonly input: string;
  /** Its ctx fields; `never` without. */
  readonly ctx: string;
}

/** The filters of one path. */
export type FiltersAt<TFilters extends AnyFilter, TPath extends string> = Extract<
  TFilters,
  { readonly path: TPath }
>;

/** A path with one more step. */
export type JoinPath<TPath extends string, TKey extends string> = TPath extends ""
  ? TKey
  : `${TPath}.${TKey}`;

/**
 * Fields a filter may name: those of an object whose value is a scalar or absent. Of a union of objects, the fields of
 * all its members: a subscriber whose input lacks one is not addressed by that filter.
 */
export type FilterableKey<T> = T extends readonly unknown[]
  ? never
  : T extends object
    ? {
        [K in keyof T & string]-?: [Exclude<T[K], undefined>] extends [FilterScalar] ? K : never;
      }[keyof T & string]
    : never;

/** How a declaration may name a field. */
export type AnyFieldMark = true | "optional";

/** {@link AnyFieldMark} by field. */
export type AnyFieldMarks = Readonly<Record<string, AnyFieldMark>>;

/**
 * How a filter may name a field of `T`: `true`, or also `"optional"` where a subscriber may be without it, because it
 * may be `undefined` or absent, or a member of a union lacks it.
 */
export type FieldMark<T, K extends string> =
  | true
  | (T extends unknown
      ? K extends keyof T
        ? string extends keyof T
          ? "optional"
          : undefined extends T[K]
            ? "optional"
            : never
        : "optional"
      : never);

/** Type of a filter's field, in whichever members of a union have it. */
export type FieldValue<T, K extends string> = T extends unknown
  ? K extends keyof T
    ? Exclude<T[K], undefined>
    : never
  : never;

/** Keys of a router record that lead to subscriptions made by `resolver()`; nested routers are all there. */
export type RouteKey<TRecord> = {
  [K in keyof TRecord & string]: TRecord[K] extends AnyTRPCProcedure
    ? [RouteTypesOf<TRecord[K]>] extends [never]
      ? never
      : K
    : K;
}[keyof TRecord & string];

/** The {@link FieldMark} of every field that a filter may name. */
export type FieldMarks<T> = { readonly [K in FilterableKey<T>]: FieldMark<T, K> };
