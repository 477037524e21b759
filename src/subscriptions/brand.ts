/** What is known of a subscription made by `resolver()`. */
export interface RouteTypes<
  TPublished = unknown,
  TInput = unknown,
  TCtx = unknown,
  THistory = boolean,
  TPerSubscriber = boolean,
> {
  /** What `publish` takes. */
  readonly published: TPublished;
  /** The procedure's parsed input. */
  readonly input: TInput;
  /** The context after the procedure's middleware. */
  readonly ctx: TCtx;
  /** Whether its events are kept. */
  readonly history: THistory;
  /** Whether it has hooks, which only engines that post to each subscriber serve. */
  readonly perSubscriber: TPerSubscriber;
}

/**
 * Carries {@link RouteTypes} in the third argument of `AsyncIterable`: the one place of a resolver's result that tRPC
 * hands through to `procedure._def` unchanged. Never there at run time.
 *
 * Callable on purpose. tRPC's serialised types turn a function into `never`, so types of the context do not reach the
 * client's `RouterOutputs`; and generators written by hand do not have one. An interface, because the compiler then
 * compares type arguments where it would take a function type apart, for every procedure of the router.
 */
export interface SubscriptionBrand<
  TPublished,
  TInput,
  TCtx,
  THistory extends boolean = false,
  TPerSubscriber extends boolean = false,
> {
  // biome-ignore lint/style/useShorthandFunctionType: see above
  (phantom: RouteTypes<TPublished, TInput, TCtx, THistory, TPerSubscriber>): void;
}

/** The {@link RouteTypes} of a subscription made by `resolver()`; `never` for every other procedure. */
export type RouteTypesOf<TProcedure> = TProcedure extends {
  readonly _def: {
    readonly type: "subscription";
    readonly $types: { readonly output: AsyncIterable<unknown, unknown, infer TNext> };
  };
}
  ? // Only `any` makes an impossible intersection contain 0: an ordinary generator may have it there.
    0 extends 1 & TNext
    ? never
    : TNext extends SubscriptionBrand<
          infer TPublished,
          infer TInput,
          infer TCtx,
          infer THistory,
          infer TPerSubscriber
        >
      ? RouteTypes<TPublished, TInput, TCtx, THistory, TPerSubscriber>
      : never
  : never;
