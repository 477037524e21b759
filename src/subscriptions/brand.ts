/**
 * What a subscription procedure made by `resolver()` carries in its type, in the third argument of `AsyncIterable`: the
 * one place of a resolver's result that tRPC hands through to `procedure._def` unchanged.
 *
 * A function type on purpose. tRPC's serialised types turn a function into `never`, so types of the context do not
 * reach the client's `RouterOutputs`; and generators written by hand do not have one. With `undefined` because
 * `for await` refuses an iterable whose `next` takes no `undefined`.
 */
export type SubscriptionBrand<TPublished, TInput, TCtx> =
  | ((phantom: {
      /** What `publish` takes. */
      readonly published: TPublished;
      /** The procedure's parsed input. */
      readonly input: TInput;
      /** The context after the procedure's middleware. */
      readonly ctx: TCtx;
    }) => void)
  | undefined;

/** What a {@link SubscriptionBrand} holds, by name. */
export interface RouteTypes {
  readonly published: unknown;
  readonly input: unknown;
  readonly ctx: unknown;
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
    : TNext extends (phantom: infer TPhantom extends RouteTypes) => void
      ? TPhantom
      : never
  : never;
