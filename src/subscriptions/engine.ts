import type { AnyTRPCRouter } from "@trpc/server";
import type { StepOptions } from "../errors/checkOptions.ts";
import type { Store } from "../store/types.ts";
import type { App, BroadcastApp } from "./app.ts";
import type { AnyFilter } from "./routes.ts";

/**
 * Types of an engine, computed from the chain it ends: an engine's own interface extends this one and builds `handlers`
 * from {@link RouterOf}`<this>`, {@link FiltersOf}`<this>` and `this["session"]`.
 *
 * ```ts
 * interface MyTypes extends EngineTypes {
 *   readonly handlers: MyHandlers<RouterOf<this>, FiltersOf<this>, this["session"]>;
 * }
 * ```
 *
 * The three inputs are `unknown` here because they are filled in by intersection, and `unknown & T` is `T`.
 */
export interface EngineTypes {
  /** The chain's router. */
  readonly router: unknown;
  /** The chain's filters: a union of {@link AnyFilter}. */
  readonly filters: unknown;
  /** What `authorize` returns. */
  readonly session: unknown;
  /** The steps that the engine adds to the chain. */
  readonly handlers: object;
}

/** Router of the chain an engine ends, inside its {@link EngineTypes}. */
export type RouterOf<TTypes extends Pick<EngineTypes, "router">> = Extract<
  TTypes["router"],
  AnyTRPCRouter
>;

/** Filters of the chain an engine ends, inside its {@link EngineTypes}. */
export type FiltersOf<TTypes extends Pick<EngineTypes, "filters">> = Extract<
  TTypes["filters"],
  AnyFilter
>;

/** The steps an engine adds to a chain with this router, these filters and this session. */
export type HandlersOf<TTypes extends EngineTypes, TRouter, TFilters, TSession> = (TTypes & {
  readonly router: TRouter;
  readonly filters: TFilters;
  readonly session: TSession;
})["handlers"];

/** What every engine has. */
interface EngineParts<TTypes extends EngineTypes, TApp> {
  /** For error messages. */
  readonly name: string;
  /** Names of the steps it adds, so that calling one too early throws an error that says so. */
  readonly steps: readonly string[];
  /** Options that its steps take, by the step's name: checked before one is made. A step without checks its own. */
  readonly options?: StepOptions;
  /** The steps by name, all of those in `steps`. Called at most once per chain, by the first step that is used. */
  handlers(app: TApp): object;
  /** Never there at run time. */
  readonly "~types"?: TTypes;
}

/**
 * Who carries events to clients, and which handlers that takes.
 *
 * @typeParam TTypes - its {@link EngineTypes}
 */
export interface Engine<TTypes extends EngineTypes> extends EngineParts<TTypes, App> {}

/**
 * An engine that brings its store; `.engine(…)` selects it.
 *
 * @typeParam TTypes - its {@link EngineTypes}
 */
export interface StoreEngine<TTypes extends EngineTypes> extends Engine<TTypes> {
  /** Where subscriptions live between two invocations. */
  readonly store: Store;
}

/**
 * An engine that publishes to topics of a broker, which knows who listens; `.engine(…)` selects it. It runs nothing per
 * subscriber, so routes with hooks are refused; and routes with history, unless it was given a store for events.
 *
 * @typeParam TTypes - its {@link EngineTypes}
 * @typeParam TKeeps - whether it was given a store
 */
export interface BroadcastEngine<TTypes extends EngineTypes, TKeeps extends boolean = false>
  extends EngineParts<TTypes, BroadcastApp> {
  /** Tells it from an {@link Engine}. */
  readonly perSubscriber: false;
  /** Whether it serves routes with history. */
  readonly keepsEvents: TKeeps;
}
