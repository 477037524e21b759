import type { TrackedEnvelope } from "@trpc/server";
import type {
  NamesExactly,
  OnlyHistory,
  OnlyShards,
  RouteHooks,
  WithHistory,
  WithoutHistory,
} from "./hooks.ts";
import type { SchemaInput, SchemaOutput, StandardSchemaV1 } from "./standardSchema.ts";
import type {
  HistoryResolver,
  HookedResolver,
  KeptResolver,
  Needed,
  ResolverNeeds,
  ResolverOptions,
  SubscriptionEvents,
  SubscriptionResolver,
} from "./subscriptionResolver.ts";

/**
 * Makes the resolver of a subscription that lives in the store. Give its result to `.subscription()` itself: schema,
 * hooks and shards of a resolver called inside another function are out of the publisher's sight.
 *
 * Served by another server (tRPC's own WebSocket or SSE adapter, `createCaller`) the subscription starts, stays silent
 * and ends when it is aborted.
 *
 * @category Resolver
 */
export interface CreateResolver {
  /**
   * Data of type `TData`, not validated. For events with ids: `resolver<TrackedEnvelope<TData>>()`, published with
   * `tracked(id, data)`.
   *
   * @typeParam TData - what subscribers get
   */
  <TData>(): SubscriptionResolver<TData>;

  /**
   * Data validated by a schema at every publish: `publish` takes what the schema accepts, subscribers get what it makes
   * of it.
   *
   * @param schema - of zod, valibot, arktype or any other Standard Schema
   */
  <TSchema extends StandardSchemaV1>(
    schema: TSchema,
  ): SubscriptionResolver<SchemaOutput<TSchema>, SchemaInput<TSchema>>;

  /**
   * The same with history alone: clients get `{ id, data }`.
   *
   * @param schema - of zod, valibot, arktype or any other Standard Schema
   * @param options - the history
   * @throws {@link BuilderError} for options that cannot be used
   */
  <TSchema extends StandardSchemaV1>(
    schema: TSchema,
    options: OnlyHistory<SchemaOutput<TSchema>>,
  ): KeptResolver<SchemaOutput<TSchema>, SchemaInput<TSchema>>;

  /**
   * The same with shards alone.
   *
   * @param schema - of zod, valibot, arktype or any other Standard Schema
   * @param options - the shards
   * @throws {@link BuilderError} for options that cannot be used
   */
  <TSchema extends StandardSchemaV1>(
    schema: TSchema,
    options: OnlyShards<SchemaOutput<TSchema>>,
  ): SubscriptionResolver<SchemaOutput<TSchema>, SchemaInput<TSchema>>;

  /**
   * The same with hooks; written inside `.subscription(…)` they know the procedure's input and context.
   *
   * @param schema - of zod, valibot, arktype or any other Standard Schema
   * @param hooks - code that runs per subscriber
   * @throws {@link BuilderError} for hooks that cannot be used
   */
  <TSchema extends StandardSchemaV1, TInput, TCtx, const TNamed extends string = never>(
    schema: TSchema,
    hooks: RouteHooks<SchemaOutput<TSchema>, TInput, TCtx, TNamed> &
      NamesExactly<TNamed> &
      WithoutHistory,
  ): (
    options: ResolverOptions<TInput, TCtx>,
  ) => SubscriptionEvents<SchemaOutput<TSchema>, SchemaInput<TSchema>, TInput, TCtx, false, true>;

  /**
   * The same with history: clients get `{ id, data }`.
   *
   * @param schema - of zod, valibot, arktype or any other Standard Schema
   * @param hooks - the history, and code that runs per subscriber
   * @throws {@link BuilderError} for hooks that cannot be used
   */
  <TSchema extends StandardSchemaV1, TInput, TCtx, const TNamed extends string = never>(
    schema: TSchema,
    hooks: RouteHooks<SchemaOutput<TSchema>, TInput, TCtx, TNamed> &
      NamesExactly<TNamed> &
      WithHistory,
  ): (
    options: ResolverOptions<TInput, TCtx>,
  ) => SubscriptionEvents<
    TrackedEnvelope<SchemaOutput<TSchema>>,
    SchemaInput<TSchema>,
    TInput,
    TCtx,
    true
  >;

  /**
   * Data of type `TData`, not validated, with history alone: clients get `{ id, data }`.
   *
   * @typeParam TData - what is published
   * @param options - the history
   * @throws {@link BuilderError} for options that cannot be used
   */
  <TData>(options: OnlyHistory<TData>): KeptResolver<TData>;

  /**
   * Data of type `TData`, not validated, with shards alone.
   *
   * @typeParam TData - what subscribers get
   * @param options - the shards
   * @throws {@link BuilderError} for options that cannot be used
   */
  <TData>(options: OnlyShards<TData>): SubscriptionResolver<TData>;

  /**
   * Data of type `TData`, not validated, with hooks that need nothing of the context once it is gone: `onStart` has all
   * of it, `onData` and `onStop` have none.
   *
   * @typeParam TData - what subscribers get
   * @typeParam TNeeds - `input` and `ctx` that the hooks need; procedures without them are refused
   * @param hooks - code that runs per subscriber
   * @throws {@link BuilderError} for hooks that cannot be used
   */
  <TData, TNeeds extends ResolverNeeds = ResolverNeeds>(
    hooks: RouteHooks<TData, Needed<TNeeds, "input">, Needed<TNeeds, "ctx">, never> &
      NamesExactly<never> &
      WithoutHistory,
  ): HookedResolver<TData, TNeeds>;

  /**
   * The same with history: clients get `{ id, data }`.
   *
   * @typeParam TData - what is published
   * @typeParam TNeeds - `input` and `ctx` that the hooks need; procedures without them are refused
   * @param hooks - the history, and code that runs per subscriber
   * @throws {@link BuilderError} for hooks that cannot be used
   */
  <TData, TNeeds extends ResolverNeeds = ResolverNeeds>(
    hooks: RouteHooks<TData, Needed<TNeeds, "input">, Needed<TNeeds, "ctx">, never> &
      NamesExactly<never> &
      WithHistory,
  ): HistoryResolver<TData, TNeeds>;

  /**
   * The same with fields of the context that are stored for `onData` and `onStop`.
   *
   * @typeParam TData - what subscribers get
   * @typeParam TNeeds - `input` and `ctx` that the hooks need; procedures without them are refused
   * @typeParam TNamed - the stored fields, each `true` in the hooks' `ctx`; all of those in `TNeeds` if not given
   * @param hooks - code that runs per subscriber
   * @throws {@link BuilderError} for hooks that cannot be used
   */
  <
    TData,
    TNeeds extends ResolverNeeds = ResolverNeeds,
    TNamed extends keyof Needed<TNeeds, "ctx"> & string = keyof Needed<TNeeds, "ctx"> & string,
  >(
    hooks: RouteHooks<TData, Needed<TNeeds, "input">, Needed<TNeeds, "ctx">, TNamed> &
      NamesExactly<TNamed> &
      WithoutHistory,
  ): HookedResolver<TData, TNeeds>;

  /**
   * The same with history: clients get `{ id, data }`.
   *
   * @typeParam TData - what is published
   * @typeParam TNeeds - `input` and `ctx` that the hooks need; procedures without them are refused
   * @typeParam TNamed - the stored fields, each `true` in the hooks' `ctx`; all of those in `TNeeds` if not given
   * @param hooks - the history, and code that runs per subscriber
   * @throws {@link BuilderError} for hooks that cannot be used
   */
  <
    TData,
    TNeeds extends ResolverNeeds = ResolverNeeds,
    TNamed extends keyof Needed<TNeeds, "ctx"> & string = keyof Needed<TNeeds, "ctx"> & string,
  >(
    hooks: RouteHooks<TData, Needed<TNeeds, "input">, Needed<TNeeds, "ctx">, TNamed> &
      NamesExactly<TNamed> &
      WithHistory,
  ): HistoryResolver<TData, TNeeds>;
}
