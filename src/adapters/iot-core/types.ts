import type { AnyTRPCProcedure, AnyTRPCRouter, TrackedEnvelope } from "@trpc/server";
import type {
  BroadcastHandlers,
  BroadcastPublisher,
  BroadcastPublisherOptions,
} from "../../broadcast/types.ts";
import type { RouteTypesOf } from "../../subscriptions/brand.ts";
import type { EngineTypes, FiltersOf, RouterOf } from "../../subscriptions/engine.ts";
import type { AnyFilter, RouteKey } from "../../subscriptions/routes.ts";
import type { IotAuthorizerOptions } from "./authorizer.ts";
import type { IotDataPlaneOptions } from "./dataPlane.ts";
import type { IotAuthorizer } from "./event.ts";

/** Options of the step `publisher`. */
export interface IotPublisherOptions extends BroadcastPublisherOptions, IotDataPlaneOptions {
  /**
   * Quality of service to the broker, and from it to clients that subscribe with 1 as well. With 1 a message is repeated
   * until it is acknowledged, as long as the connection lives, and AWS bills the acknowledgement.
   *
   * @defaultValue 1
   */
  readonly qos?: 0 | 1;
}

/** One event, for consumers behind a topic rule. */
export interface IotConsumed<TData> {
  /** What subscribers get. */
  readonly data: TData;
  /** Id of a `tracked()` event. */
  readonly id: string | undefined;
  /** Names the publish. One that goes to several topics comes once for each, with the same. */
  readonly messageId: string;
}

/** A Lambda handler behind a topic rule. */
export type IotRuleHandler = (event: unknown) => Promise<void>;

/** The rule of one route. */
export interface IotRuleRoute<TData> {
  /** Every topic of the route, for example `myapp/dev/room/#`. */
  topicFilter(): string;
  /** The SQL of a topic rule whose Lambda is {@link IotRuleRoute.consumer}, for its version `2016-03-23`. */
  sql(): string;
  /**
   * Makes the Lambda of that rule, which gets every event of the route, whomever it was for.
   *
   * The handler rejects, so that Lambda tries again, with what `consume` throws, and with {@link RuleEventError} for an
   * event that is none of a publisher.
   */
  consumer(consume: (event: IotConsumed<TData>) => Promise<void> | void): IotRuleHandler;
}

/** The routes of a router record with their rules; nested routers by property. */
export type IotRuleRoutes<TRecord> = {
  readonly [K in RouteKey<TRecord>]: TRecord[K] extends AnyTRPCProcedure
    ? IotRuleRoute<DataOf<TRecord[K]>>
    : IotRuleRoutes<TRecord[K]>;
};

/** What subscribers get: after the resolver's schema, without the id of a `tracked()` event. */
type DataOf<TProcedure extends AnyTRPCProcedure> =
  RouteTypesOf<TProcedure>["published"] extends TrackedEnvelope<infer TData>
    ? TData
    : TProcedure extends {
          readonly _def: {
            readonly $types: { readonly output: AsyncIterable<infer TYielded, unknown> };
          };
        }
      ? TYielded
      : never;

/** A connection that ended, for a handler behind the rule of {@link IotHandlers.disconnected}. */
export interface IotDisconnected {
  readonly clientId: string;
  /** For example `CLIENT_INITIATED_DISCONNECT`. */
  readonly reason: string | undefined;
  /** Epoch milliseconds. */
  readonly timestampMs: number;
}

/** The steps of a chain that ends in IoT Core. */
export interface IotHandlers<TRouter extends AnyTRPCRouter, TFilters extends AnyFilter>
  extends BroadcastHandlers<TRouter> {
  /** Makes the Lambda of the custom authorizer: it lets in whoever has a grant, and to nothing else. */
  authorizer(options?: IotAuthorizerOptions): IotAuthorizer;
  /**
   * Makes a publisher. It needs `iot:Publish` on `topic/<prefix>/*`.
   *
   * @throws {@link BuilderError} for options that cannot be used
   */
  publisher(options?: IotPublisherOptions): BroadcastPublisher<TRouter, TFilters>;
  /** The router's subscriptions made by `resolver()`, each with what a topic rule on it needs. */
  rules(): { readonly routes: IotRuleRoutes<TRouter["_def"]["record"]> };
  /**
   * Ends a client's connection. Its `iotLink` asks for other grants and connects again, so who is refused them is out. A
   * client that does not play by the rules can use its token until its time is over. It needs `iot:DeleteConnection` on
   * `client/<prefix>-*`, with dashes between the levels.
   *
   * @param clientId - of {@link IotDisconnected}, or of a lifecycle event
   * @returns whether there was one
   * @throws {@link TransportError}
   */
  disconnect(clientId: string, options?: IotDataPlaneOptions): Promise<boolean>;
  /**
   * Makes the Lambda of a topic rule with the SQL `SELECT * FROM '$aws/events/presence/disconnected/+'`. Clients of other
   * prefixes are left out. IoT Core may tell of one twice, late, or after the client is back.
   */
  disconnected(handle: (event: IotDisconnected) => Promise<void> | void): IotRuleHandler;
}

/** Types of the engine. */
export interface IotTypes extends EngineTypes {
  readonly handlers: IotHandlers<RouterOf<this>, FiltersOf<this>>;
}
