import { BuilderError } from "../errors.ts";
import type { SubscriptionBrand } from "./brand.ts";
import { checkedHooks, type NamesExactly, type RouteHooks } from "./hooks.ts";
import { idleUntilAborted } from "./idle.ts";
import type { SchemaInput, SchemaOutput, StandardSchemaV1 } from "./standardSchema.ts";

/** On a resolver function: its {@link RouteDefinition}. Known to every copy of this package. */
const DEFINITION = Symbol.for("trpc-aws-subscriptions.definition");
/** In the options of a call: who wants to know what the resolver saw. */
const CAPTURE = Symbol.for("trpc-aws-subscriptions.capture");

/** What `resolver()` was given. */
export interface RouteDefinition {
  /** Validates published data; absent for `resolver<T>()`. */
  readonly schema: StandardSchemaV1 | undefined;
  /** Empty without hooks. */
  readonly hooks: RouteHooks;
  /** Number of partitions the route's rows are spread over, at least 1. */
  readonly shards: number;
}

/** What the resolver of a subscription was called with. */
export interface Capture {
  /** Parsed input. */
  readonly input: unknown;
  /** Context after middleware. */
  readonly ctx: unknown;
  readonly definition: RouteDefinition;
}

/** The part of tRPC's resolver options that is read. Not `path`, which the types of 11.0.0 lack. */
export interface ResolverOptions<TInput, TCtx> {
  /** Parsed input. */
  readonly input: TInput;
  /** Context after middleware. */
  readonly ctx: TCtx;
  readonly signal: AbortSignal | undefined;
}

/** What hooks written apart from a procedure need of it; a member left out is `unknown`. */
export interface ResolverNeeds {
  readonly input?: unknown;
  readonly ctx?: unknown;
}

/** A member of {@link ResolverNeeds}. */
export type Needed<TNeeds extends ResolverNeeds, TKey extends keyof ResolverNeeds> =
  TNeeds extends Readonly<Record<TKey, infer TNeed>> ? TNeed : unknown;

/**
 * What a resolver returns: typed for the router and the publisher, without values of its own. `undefined` is among what
 * `next()` takes, because `for await` refuses the iterable otherwise.
 */
export type SubscriptionEvents<TData, TPublished, TInput, TCtx> = AsyncIterable<
  TData,
  void,
  SubscriptionBrand<TPublished, TInput, TCtx> | undefined
>;

/**
 * What `.subscription()` takes. A generic function, so that TypeScript fills in the procedure's parsed input and its
 * context after middleware.
 *
 * @category Resolver
 */
export type SubscriptionResolver<TData, TPublished = TData> = <TInput, TCtx>(
  options: ResolverOptions<TInput, TCtx>,
) => SubscriptionEvents<TData, TPublished, TInput, TCtx>;

/** A {@link SubscriptionResolver} for procedures that have what its hooks need. */
export type HookedResolver<TData, TNeeds extends ResolverNeeds> = <
  TInput extends Needed<TNeeds, "input">,
  TCtx extends Needed<TNeeds, "ctx">,
>(
  options: ResolverOptions<TInput, TCtx>,
) => SubscriptionEvents<TData, TData, TInput, TCtx>;

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
   * The same with hooks; written inside `.subscription(…)` they know the procedure's input and context.
   *
   * @param schema - of zod, valibot, arktype or any other Standard Schema
   * @param hooks - code that runs per subscriber
   * @throws {@link BuilderError} for hooks that cannot be used
   */
  <TSchema extends StandardSchemaV1, TInput, TCtx, const TNamed extends string = never>(
    schema: TSchema,
    hooks: RouteHooks<SchemaOutput<TSchema>, TInput, TCtx, TNamed> & NamesExactly<TNamed>,
  ): (
    options: ResolverOptions<TInput, TCtx>,
  ) => SubscriptionEvents<SchemaOutput<TSchema>, SchemaInput<TSchema>, TInput, TCtx>;

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
      NamesExactly<never>,
  ): HookedResolver<TData, TNeeds>;

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
      NamesExactly<TNamed>,
  ): HookedResolver<TData, TNeeds>;
}

/** See {@link CreateResolver}. */
export const createResolver: CreateResolver = (
  schemaOrHooks?: StandardSchemaV1 | RouteHooks,
  hooks?: RouteHooks,
) => {
  const definition = isSchema(schemaOrHooks)
    ? defineRoute(schemaOrHooks, hooks)
    : defineRoute(undefined, schemaOrHooks);
  const resolve = (options: ResolverOptions<unknown, unknown>): AsyncIterable<never, void> => {
    const capture: unknown = Reflect.get(options, CAPTURE);
    if (typeof capture === "function") {
      capture({ input: options.input, ctx: options.ctx, definition } satisfies Capture);
    }
    return idleUntilAborted(options.signal);
  };
  return Object.defineProperty(resolve, DEFINITION, { value: definition });
};

function defineRoute(
  schema: StandardSchemaV1 | undefined,
  hooks: RouteHooks | undefined,
): RouteDefinition {
  if (hooks !== undefined && (typeof hooks !== "object" || hooks === null)) {
    throw new BuilderError(
      "resolver(): expected a Standard Schema or hooks. zod has been one since 3.24, valibot since 1.0.",
    );
  }
  const checked = checkedHooks(hooks ?? {});
  return Object.freeze({ schema, hooks: checked, shards: checked.shards ?? 1 });
}

function isSchema(value: unknown): value is StandardSchemaV1 {
  // arktype's schemas are functions.
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    "~standard" in value
  );
}

/**
 * Options to add to those of `callTRPCProcedure`, which tRPC hands through to the resolver: `onCapture` is called, at
 * once and at most once per resolver that runs, with what it saw.
 */
export function captureOptions(onCapture: (capture: Capture) => void): object {
  return { [CAPTURE]: onCapture };
}

/** What a procedure's resolver was made of; `undefined` when it was not made by `resolver()`. */
export function definitionIn(resolver: unknown): RouteDefinition | undefined {
  return typeof resolver === "function" && DEFINITION in resolver
    ? (resolver[DEFINITION] as RouteDefinition)
    : undefined;
}
