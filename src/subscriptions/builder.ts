import { type AnyTRPCRouter, createTRPCRecursiveProxy } from "@trpc/server";
import { callback, checkOptions } from "../errors/checkOptions.ts";
import { BuilderError } from "../errors.ts";
import type { OnEvent } from "../events/types.ts";
import type { JsonValue, Store } from "../store/types.ts";
import type { BroadcastApp } from "./app.ts";
import type { StoreStep, Subscriptions, SubscriptionsRoot } from "./chain.ts";
import { declareFilters } from "./declareFilters.ts";
import type { BroadcastEngine, Engine, EngineTypes, StoreEngine } from "./engine.ts";
import { refuseUnserved } from "./perSubscriber.ts";
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
    // A misspelt option, or a function given as it is, would be a chain that nobody hears of.
    checkOptions("initSubscriptions()", initOptions, { onEvent: callback });
    const { onEvent } = initOptions;
    return Object.freeze({
      ...beforeRouter(defaultEngine),
      resolver: createResolver,
      router: <TRouter extends AnyTRPCRouter>(options: { readonly router: TRouter }) =>
        buildChain(defaultEngine, {
          router: checkedRouter(options),
          carrier: undefined,
          filters: new Map(),
          ...(onEvent !== undefined && { onEvent }),
        }) as Subscriptions<TRouter, never, StoreStep<TTypes>, TSession>,
    });
  };
}

/** Throwing stubs for what the types offer only behind `router()`. */
function beforeRouter({ steps }: Engine<EngineTypes>): object {
  return Object.fromEntries(
    [...steps, ...BROADCAST_STEPS, "store", "engine"].map((step) => [
      step,
      (): never => {
        throw new BuilderError(
          `${step}(): this chain has no router yet. Call .router({ router }) first.`,
        );
      },
    ]),
  );
}

/** What carries the events of a chain: an engine with its store, or one without. */
type Carrier =
  | { readonly kind: "store"; readonly store: Store; readonly engine: Engine<EngineTypes> }
  | { readonly kind: "engine"; readonly engine: BroadcastEngine<EngineTypes, boolean> };

/** A chain in the making. */
interface Parts extends BroadcastApp {
  readonly carrier: Carrier | undefined;
}

type Step = (...args: readonly unknown[]) => unknown;

/** Steps of the engines that `.engine()` takes, for the message of one that is called too early. */
const BROADCAST_STEPS = ["grantRouter", "authorizer", "publisher"];

/** One builder of a chain: whatever the types offer at this point, and a throwing stub for what they do not yet. */
function buildChain(engine: Engine<EngineTypes>, parts: Parts): object {
  const carriedBy = (step: string, carrier: () => Carrier): object => {
    if (parts.carrier?.engine === engine) {
      throw new BuilderError(`${step}(): this chain has its store already.`);
    }
    if (parts.carrier !== undefined) {
      const { name } = parts.carrier.engine;
      throw new BuilderError(`${step}(): this chain has its engine already, "${name}".`);
    }
    return buildChain(engine, { ...parts, carrier: carrier() });
  };
  const onStore = (store: Store): object =>
    buildChain(engine, { ...parts, carrier: { kind: "store", store, engine } });
  return Object.freeze({
    ...engineSteps(engine, parts),
    ...rebasable({ ...parts, on: onStore }),
    store: (options: unknown): object =>
      carriedBy("store", () => ({ kind: "store", store: checkedStore(options), engine })),
    engine: (given: unknown): object => carriedBy("engine", () => carrierOf(given, parts.router)),
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
  { carrier, ...parts }: Parts,
): Record<string, Step> {
  const { name, steps: own, options: checks } = carrier?.engine ?? engine;
  let handlers: object | undefined;
  const make = (step: string): object => {
    if (carrier?.kind === "engine") return carrier.engine.handlers(parts);
    if (carrier?.kind === "store") {
      return carrier.engine.handlers({ ...parts, store: carrier.store });
    }
    throw new BuilderError(
      engine.steps.includes(step)
        ? `${step}(): this chain has no store yet. Call .store({ store }) first.`
        : `${step}(): this chain has no engine yet. Call .engine(…) first.`,
    );
  };
  const call = (step: string, args: readonly unknown[]): unknown => {
    if (carrier !== undefined && !own.includes(step)) throw foreign(step, name);
    handlers ??= make(step);
    const handler: unknown = Reflect.get(handlers, step);
    if (typeof handler !== "function") throw foreign(step, name);
    const known = checks?.[step];
    const [options = known && {}, ...others] = args;
    if (known !== undefined) checkOptions(`${step}()`, options, known);
    const made: unknown = Reflect.apply(handler, handlers, [options, ...others]);
    return noteMaking(made, { ...parts, step, options });
  };
  const steps = new Set([...engine.steps, ...BROADCAST_STEPS, ...own]);
  return Object.fromEntries(
    [...steps].map((step): [string, Step] => [step, (...args) => call(step, args)]),
  );
}

function foreign(step: string, engine: string): BuilderError {
  return new BuilderError(`${step}(): not a step of the engine "${engine}".`);
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

function carrierOf(given: unknown, router: AnyTRPCRouter): Carrier {
  if (typeof given === "object" && given !== null) {
    if (Reflect.get(given, "perSubscriber") === false) {
      const engine = given as BroadcastEngine<EngineTypes, boolean>;
      refuseUnserved(router, engine);
      return { kind: "engine", engine };
    }
    if (typeof Reflect.get(given, "handlers") === "function" && "store" in given) {
      const engine = given as StoreEngine<EngineTypes>;
      return { kind: "store", engine, store: checkedStore(engine) };
    }
  }
  throw new BuilderError("engine(): expected an engine, such as iot({ … }) or appsync({ … }).");
}

function checkedStore(options: unknown): Store {
  const store: unknown =
    typeof options === "object" && options !== null ? Reflect.get(options, "store") : undefined;
  if (typeof store !== "object" || store === null) {
    throw new BuilderError("store(): expected { store }, for example { store: dynamodb({ … }) }.");
  }
  // A client of DynamoDB in the place of a store is found now, not at the first frame.
  if (typeof Reflect.get(store, "findRoutes") !== "function") {
    throw new BuilderError(
      "store(): what it was given is no store. Give it { store: dynamodb({ tableName, dynamoDBClient }) }.",
    );
  }
  return store as Store;
}
