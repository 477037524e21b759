import type { AnyTRPCProcedure } from "@trpc/server";
import type { FilterScalar } from "../store/filterKeys.ts";
import type { RouteTypes, RouteTypesOf } from "./brand.ts";

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

/** {@link FilterableKey} of a route's input. */
export type InputKey<TRoute extends RouteTypes> = FilterableKey<TRoute["input"]>;

/** {@link FilterableKey} of a route's context. */
export type CtxKey<TRoute extends RouteTypes> = FilterableKey<TRoute["ctx"]>;
