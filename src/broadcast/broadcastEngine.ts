import type { StepOptions } from "../errors/checkOptions.ts";
import { BuilderError } from "../errors.ts";
import type { EventStore } from "../store/types.ts";
import type { BroadcastApp } from "../subscriptions/app.ts";
import { loadedDefinitionOf } from "../subscriptions/definitionOf.ts";
import type { BroadcastEngine, EngineTypes } from "../subscriptions/engine.ts";
import type { Broker, TopicTransport } from "./broker.ts";
import { brokerContext } from "./context.ts";
import { createBroadcastPublisher } from "./createPublisher.ts";
import { createGrantRouter } from "./grantRouter.ts";
import { grantVerifier, type VerifyGrant } from "./token.ts";
import { readableLevel } from "./topicLevels.ts";
import type { BroadcastPublisherOptions, GrantRoot, GrantRouter } from "./types.ts";

/** What the steps of an adapter are made of. */
export interface BroadcastCore {
  readonly app: BroadcastApp;
  readonly broker: Broker;
  /** For the authorizer. */
  readonly verify: VerifyGrant;
  /**
   * A publisher on a transport; typed by the adapter's interface as `BroadcastPublisher<TRouter, TFilters>`.
   *
   * @throws {@link BuilderError} for options that cannot be used
   */
  publisher(transport: TopicTransport, options?: BroadcastPublisherOptions): object;
  /**
   * The readable level of a route, for rules and consumers that take all its events.
   *
   * @throws {@link BuilderError} for a path that is no subscription made by `resolver()`
   */
  routeLevel(path: string): string;
}

/** What an adapter gives. */
export interface BroadcastEngineParts {
  readonly broker: Broker;
  /** Where events of routes with history are kept. Without it such routes are refused. */
  readonly store?: EventStore | undefined;
  /** Names of the adapter's own steps; `grantRouter` is added. */
  readonly steps: readonly string[];
  /** Options that those steps take, by the step's name; a step without checks its own. */
  readonly options?: StepOptions;
  /** Those steps by name. Called at most once per chain, by the first step that is used. */
  handlers(core: BroadcastCore): object;
}

/**
 * Makes the engine of a broker, for `.engine(…)`.
 *
 * ```ts
 * interface IotTypes extends EngineTypes {
 *   readonly handlers: IotHandlers<RouterOf<this>, FiltersOf<this>>;
 * }
 * interface IotHandlers<TRouter extends AnyTRPCRouter, TFilters extends AnyFilter>
 *   extends BroadcastHandlers<TRouter> {
 *   authorizer(): IotAuthorizer;
 *   publisher(options?: IotPublisherOptions): BroadcastPublisher<TRouter, TFilters>;
 * }
 * const iot = (options: IotOptions): BroadcastEngine<IotTypes> => createBroadcastEngine<IotTypes>({ … });
 * ```
 *
 * @typeParam TTypes - its {@link EngineTypes}
 * @throws {@link BuilderError} for a secret of less than 32 bytes, a time to live that is none, or a store that is none
 */
export function createBroadcastEngine<TTypes extends EngineTypes>(
  parts: BroadcastEngineParts & { readonly store: EventStore },
): BroadcastEngine<TTypes, true>;
export function createBroadcastEngine<TTypes extends EngineTypes>(
  parts: BroadcastEngineParts,
): BroadcastEngine<TTypes>;
export function createBroadcastEngine<TTypes extends EngineTypes>({
  broker,
  store,
  steps,
  options = {},
  handlers,
}: BroadcastEngineParts): BroadcastEngine<TTypes, boolean> {
  const shared = brokerContext(broker, store);
  return {
    name: broker.name,
    perSubscriber: false,
    keepsEvents: store !== undefined,
    steps: ["grantRouter", ...steps],
    options,
    handlers(app) {
      const context = { ...shared, app };
      const core: BroadcastCore = {
        app,
        broker,
        verify: grantVerifier(shared.keys, Date.now),
        publisher: (transport, options) => createBroadcastPublisher(context, transport, options),
        routeLevel(path) {
          if (loadedDefinitionOf(app, path) !== undefined) return readableLevel(path);
          throw new BuilderError(
            `"${path}" is not a subscription whose resolver is subscriptions.resolver().`,
          );
        },
      };
      const grantRouter = (t: GrantRoot<never>): GrantRouter => createGrantRouter(context, t);
      return { grantRouter, ...handlers(core) };
    },
  };
}
