import type { TrackedEnvelope } from "@trpc/server";
import type { SubscriptionBrand } from "./brand.ts";

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
export type SubscriptionEvents<
  TData,
  TPublished,
  TInput,
  TCtx,
  THistory extends boolean = false,
  TPerSubscriber extends boolean = THistory,
> = AsyncIterable<
  TData,
  void,
  SubscriptionBrand<TPublished, TInput, TCtx, THistory, TPerSubscriber> | undefined
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
) => SubscriptionEvents<TData, TData, TInput, TCtx, false, true>;

/** A {@link HookedResolver} whose events are kept. */
export type HistoryResolver<TData, TNeeds extends ResolverNeeds> = <
  TInput extends Needed<TNeeds, "input">,
  TCtx extends Needed<TNeeds, "ctx">,
>(
  options: ResolverOptions<TInput, TCtx>,
) => SubscriptionEvents<TrackedEnvelope<TData>, TData, TInput, TCtx, true>;

/** A {@link SubscriptionResolver} whose events are kept, and that runs nothing for a subscriber by itself. */
export type KeptResolver<TData, TPublished = TData> = <TInput, TCtx>(
  options: ResolverOptions<TInput, TCtx>,
) => SubscriptionEvents<TrackedEnvelope<TData>, TPublished, TInput, TCtx, true, false>;
