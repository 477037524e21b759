import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import type { Store } from "../store/types.ts";
import type { RouteTypesOf } from "./brand.ts";
import type { CreateResolver } from "./createResolver.ts";
import type {
  CheckedDeclaration,
  CheckedDeclarations,
  DeclaredFilter,
  FilterDeclaration,
  Some,
  Untaken,
} from "./declaration.ts";
import type {
  BroadcastEngine,
  EngineTypes,
  FiltersOf,
  HandlersOf,
  RouterOf,
  StoreEngine,
} from "./engine.ts";
import type {
  AnyFieldMarks,
  AnyFilter,
  FieldMarks,
  FiltersAt,
  JoinPath,
  RouteKey,
} from "./routes.ts";

/**
 * Starts a chain.
 *
 * @typeParam TTypes - the engine that `.store()` selects
 */
export interface SubscriptionsRoot<TTypes extends EngineTypes, TSession> {
  /** Makes the resolver of a subscription procedure. */
  readonly resolver: CreateResolver;

  /**
   * The router whose subscriptions are served; it may be wider than what clients see.
   *
   * @throws {@link BuilderError} for anything but a tRPC router
   */
  router<TRouter extends AnyTRPCRouter>(options: {
    readonly router: TRouter;
  }): Subscriptions<TRouter, never, StoreStep<TTypes>, TSession>;
}

/**
 * A chain that has its router: immutable, every step returns a new one.
 *
 * @typeParam TFilters - union of the filters declared so far
 * @typeParam TTypes - what the chain ends in; before `.store()` or `.engine()` that is these two
 * @typeParam TSession - what `authorize` returns
 *
 * @category Chain
 */
export type Subscriptions<
  TRouter extends AnyTRPCRouter,
  TFilters extends AnyFilter,
  TTypes extends EngineTypes,
  TSession,
> = {
  /** The router's subscriptions made by `resolver()`, each with `filter`; nested routers by property. */
  readonly routes: FilterRoutes<
    TRouter["_def"]["record"],
    "",
    Subscribed<TRouter, TFilters, TTypes, TSession>
  >;
} & HandlersOf<TTypes, TRouter, TFilters, TSession>;

/** The type arguments of {@link Subscriptions}, handed on as one. */
export interface Subscribed<
  TRouter extends AnyTRPCRouter,
  TFilters extends AnyFilter,
  TTypes extends EngineTypes,
  TSession,
> {
  readonly router: TRouter;
  readonly filters: TFilters;
  readonly types: TTypes;
  readonly session: TSession;
}

/** {@link Subscribed} of any chain. */
export type AnySubscribed = Subscribed<AnyTRPCRouter, AnyFilter, EngineTypes, unknown>;

/** What a chain without an engine ends in: `store`, which selects the engine with `TTypes`, and `engine`. */
export interface StoreStep<TTypes extends EngineTypes> extends EngineTypes {
  readonly handlers: StoreStepHandlers<RouterOf<this>, FiltersOf<this>, TTypes, this["session"]>;
}

/** The steps of a chain without an engine, beside its routes. */
export interface StoreStepHandlers<
  TRouter extends AnyTRPCRouter,
  TFilters extends AnyFilter,
  TTypes extends EngineTypes,
  TSession,
> {
  /**
   * Where subscriptions live between two invocations. From here on the chain has its handlers.
   *
   * @throws {@link BuilderError} without a store
   */
  store(options: { readonly store: Store }): Subscriptions<TRouter, TFilters, TTypes, TSession>;

  /** An engine that brings its store, and serves every resolver. From here on the chain has its handlers. */
  engine<TStoreTypes extends EngineTypes>(
    engine: StoreEngine<TStoreTypes>,
  ): Subscriptions<TRouter, TFilters, TStoreTypes, TSession>;

  /**
   * An engine that sends each event once to a broker. From here on the chain has its handlers.
   *
   * Serves resolvers without hooks, since such an engine runs nothing for a subscriber by itself; and with history, if it
   * was given a store for events.
   *
   * @throws {@link BuilderError} for anything but such an engine, and for a router with hooks, or history that it cannot
   * keep
   */
  engine<TBroadcastTypes extends EngineTypes, TKeeps extends boolean>(
    engine: BroadcastEngine<TBroadcastTypes, TKeeps> &
      OnlyBroadcast<UnservedPath<TRouter["_def"]["record"], "", TKeeps>>,
  ): Subscriptions<TRouter, TFilters, TBroadcastTypes, TSession>;
}

/** Nothing, or what no engine fits when there are routes that it cannot serve; they are named for the compiler's message. */
export type OnlyBroadcast<TPaths> = [TPaths] extends [never]
  ? unknown
  : { readonly "routes with hooks or history need a store": TPaths };

/** Paths of the routes that have hooks, or history that nobody keeps; of a record that is not known, none. */
export type UnservedPath<
  TRecord,
  TPath extends string,
  TKeeps extends boolean,
> = string extends keyof TRecord
  ? never
  : {
      [K in RouteKey<TRecord>]: TRecord[K] extends AnyTRPCProcedure
        ? RouteTypesOf<TRecord[K]> extends Unserved<TKeeps>
          ? JoinPath<TPath, K>
          : never
        : UnservedPath<TRecord[K], JoinPath<TPath, K>, TKeeps>;
    }[RouteKey<TRecord>];

/** What a route has that an engine of a broker cannot serve. */
export type Unserved<TKeeps extends boolean> =
  | { readonly perSubscriber: true }
  | (TKeeps extends true ? never : { readonly history: true });

/** The routes of a router record, each with `filter`. */
export type FilterRoutes<TRecord, TPath extends string, TChain extends AnySubscribed> = {
  readonly [K in RouteKey<TRecord>]: TRecord[K] extends AnyTRPCProcedure
    ? FilterRoute<
        FieldMarks<RouteTypesOf<TRecord[K]>["input"]>,
        FieldMarks<RouteTypesOf<TRecord[K]>["ctx"]>,
        JoinPath<TPath, K>,
        TChain
      >
    : FilterRoutes<TRecord[K], JoinPath<TPath, K>, TChain>;
};

/** One route of a chain. */
export interface FilterRoute<
  TInputMarks extends AnyFieldMarks,
  TCtxMarks extends AnyFieldMarks,
  TPath extends string,
  TChain extends AnySubscribed,
> {
  /**
   * Declares a filter by which publishers address subscribers of this route; adds to those declared before.
   *
   * A filter names fields of the procedure's parsed input and of its context after middleware. Subscribers for whom a
   * field is absent, `undefined` or no scalar are not addressed by it; but for an `"optional"` field that is absent or
   * `undefined`, they are addressed whatever value a publisher gives. So name a field of the context `"optional"` only
   * if whoever is without it may hear everything.
   *
   * @throws {@link BuilderError} for a name that is taken, keys that could exceed 1,024 bytes, or more than three
   * optional fields
   */
  filter<
    const TName extends string,
    const TCtx extends keyof TCtxMarks & string = never,
    const TInput extends keyof TInputMarks & string = never,
  >(filter: {
    /** Its name in `publish`; unique on the route, part of every key, so short is cheap. */
    readonly name: Untaken<TName, FiltersAt<TChain["filters"], TPath>["name"]>;
    /** Fields of the context, each `true` or `"optional"`. */
    readonly ctx?: { readonly [K in TCtx]: TCtxMarks[K] } & Some<keyof TCtxMarks>;
    /** Fields of the parsed input, each `true` or `"optional"`. */
    readonly input?: { readonly [K in TInput]: TInputMarks[K] } & Some<keyof TInputMarks>;
  }): Subscriptions<
    TChain["router"],
    | TChain["filters"]
    | { readonly path: TPath; readonly name: TName; readonly input: TInput; readonly ctx: TCtx },
    TChain["types"],
    TChain["session"]
  >;

  /**
   * Declares several filters, as that many steps would.
   *
   * @throws {@link BuilderError} for a name that is taken, keys that could exceed 1,024 bytes, or more than three
   * optional fields
   */
  filter<
    const TFirst extends FilterDeclaration<TInputMarks, TCtxMarks>,
    const TSecond extends FilterDeclaration<TInputMarks, TCtxMarks>,
    const TRest extends readonly FilterDeclaration<TInputMarks, TCtxMarks>[],
  >(
    // Two that are needed, not a list of them: so the compiler knows by their number which overload a wrong call is of, and
    // tells of the one filter which field is wrong.
    first: TFirst &
      CheckedDeclaration<
        TFirst,
        TInputMarks,
        TCtxMarks,
        FiltersAt<TChain["filters"], TPath>["name"]
      >,
    second: TSecond &
      CheckedDeclaration<
        TSecond,
        TInputMarks,
        TCtxMarks,
        FiltersAt<TChain["filters"], TPath>["name"] | TFirst["name"]
      >,
    ...rest: TRest &
      CheckedDeclarations<
        TRest,
        TInputMarks,
        TCtxMarks,
        FiltersAt<TChain["filters"], TPath>["name"] | TFirst["name"] | TSecond["name"]
      >
  ): Subscriptions<
    TChain["router"],
    TChain["filters"] | DeclaredFilter<TPath, TFirst | TSecond | TRest[number]>,
    TChain["types"],
    TChain["session"]
  >;
}
