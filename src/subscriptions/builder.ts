import { type AnyTRPCRouter, createTRPCRecursiveProxy } from "@trpc/server";
import { BuilderError } from "../errors.ts";
import type { OnEvent } from "../events/types.ts";
import type { JsonValue, Store } from "../store/types.ts";
import type { App } from "./app.ts";
import type { StoreStep, Subscriptions, SubscriptionsRoot } from "./chain.ts";
import { declareFilters } from "./declareFilters.ts";
import type { Engine, EngineTypes } from "./engine.ts";
import { noteMaking, rebasable } from "./rebase.ts";
import { createResolver } from "./resolver.ts";

/**
 * Options of `initSubscriptions()`.
 *
 * @category Chain
 */
export interface InitSubscriptionsOptions {
  /**
   * Told of what every handler and publisher of the chain does: who connected, which rows a subscription got, whom a
   * publish reached. For logs, metrics and traces; `onError` is called all the same.
   *
   * @defaultValue nobody listens, which costs nothing
   */
  readonly onEvent?: OnEvent;
}

/**
 * Starts a chain.
 *
 * @typeParam TSession - what `authorize` of `$connect` returns: JSON, kept on the connection and given to
 * `createContext`
 * @throws {@link BuilderError} for options that are none, or an `onEvent` that is no function
 *
 * @category Chain
 */
export type InitSubscriptions<TTypes extends EngineTypes> = <TSession = JsonValue>(
  options?: InitSubscriptionsOptions,
) => SubscriptionsRoot<TTypes, TSession>;

/** Makes `initSubscriptions` for the engine that `.store()` selects. */
export function createInitSubscriptions<TTypes extends EngineTypes>(
  defaultEngine: Engine<TTypes>,
): InitSubscriptions<TTypes> {
  return <TSession>(
    initOptions: InitSubscriptionsOptions = {},
  ): SubscriptionsRoot<TTypes, TSession> => {
    const { onEvent } = checkedOptions(initOptions);
    return Object.freeze({
      resolver: createResolver,
      router: <TRouter extends AnyTRPCRouter>(options: { readonly router: TRouter }) =>
        buildChain(defaultEngine, {
          router: checkedRouter(options),
          store: undefined,
          filters: new Map(),
          ...(onEvent !== undefined && { onEvent }),
        }) as Subscriptions<TRouter, never, StoreStep<TTypes>, TSession>,
    });
  };
}

/** An {@link App} in the making. */
interface Parts extends Omit<App, "store"> {
  readonly store: Store | undefined;
}

/** One builder of a chain: whatever the types offer at this point, and a throwing stub for what they do not yet. */
function buildChain(engine: Engine<EngineTypes>, parts: Parts): object {
  return Object.freeze({
    ...engineSteps(engine, parts),
    ...rebasable({ ...parts, on: (store) => buildChain(engine, { ...parts, store }) }),
    store: (options: unknown): object => {
      if (parts.store !== undefined) {
        throw new BuilderError("store(): this chain has its store already.");
      }
      return buildChain(engine, { ...parts, store: checkedStore(options) });
    },
    routes: createTRPCRecursiveProxy<object>(({ path, args }) => {
      const step = path.at(-1);
      if (step !== "filter" || path.length < 2) {
        throw new BuilderError(`routes.${path.join(".")}(): the only step of a route is filter().`);
      }
      const filters = declareFilters(parts, path.slice(0, -1).join("."), args);
      return buildChain(engine, { ...parts, filters });
    }),
  });
}

function engineSteps(
  engine: Engine<EngineTypes>,
  { store, ...parts }: Parts,
): Record<string, (...args: readonly unknown[]) => unknown> {
  let handlers: object | undefined;
  const call = (step: string, args: readonly unknown[]): unknown => {
    if (store === undefined) {
      throw new BuilderError(
        `${step}(): this chain has no store yet. Call .store({ store }) first.`,
      );
    }
    handlers ??= engine.handlers({ ...parts, store });
    const handler: unknown = Reflect.get(handlers, step);
    if (typeof handler !== "function") {
      throw new BuilderError(`${step}(): not a step of the engine "${engine.name}".`);
    }
    const making = { ...parts, step, options: args[0] };
    return noteMaking(Reflect.apply(handler, handlers, args), making);
  };
  return Object.fromEntries(
    engine.steps.map((step) => [step, (...args: readonly unknown[]) => call(step, args)]),
  );
}

/** A misspelt option, or a function given as it is, would be a chain that nobody hears of. */
function checkedOptions(options: InitSubscriptionsOptions): InitSubscriptionsOptions {
  const step = "initSubscriptions()";
  if (typeof options !== "object" || options === null) {
    throw new BuilderError(`${step}: expected { onEvent }, or nothing.`);
  }
  const unknown = Object.keys(options).find((name) => name !== "onEvent");
  if (unknown !== undefined) throw new BuilderError(`${step}: unknown option "${unknown}".`);
  const onEvent: unknown = options.onEvent;
  if (onEvent !== undefined && typeof onEvent !== "function") {
    throw new BuilderError(`${step}: onEvent is ${typeof onEvent}, not a function.`);
  }
  return options;
}

function checkedRouter<TRouter extends AnyTRPCRouter>(options: {
  readonly router: TRouter;
}): TRouter {
  const router: { readonly _def?: { readonly router?: unknown } } | undefined = options?.router;
  if (router?._def?.router !== true) {
    throw new BuilderError("router(): expected { router } with a tRPC router.");
  }
  return options.router;
}

function checkedStore(options: unknown): Store {
  const store: unknown =
    typeof options === "object" && options !== null ? Reflect.get(options, "store") : undefined;
  if (typeof store !== "object" || store === null) {
    throw new BuilderError("store(): expected { store }, for example { store: dynamodb({ … }) }.");
  }
  return store as Store;
}
