import type { TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type {
  BroadcastHandlers,
  BroadcastPublisher,
  BroadcastPublisherOptions,
} from "../../broadcast/types.ts";
import type { BroadcastLink, BroadcastLinkOptions } from "../../client/broadcast/options.ts";
import type { EventStore } from "../../store/types.ts";
import type {
  BroadcastEngine,
  EngineTypes,
  FiltersOf,
  RouterOf,
} from "../../subscriptions/engine.ts";
import type { AnyFilter } from "../../subscriptions/routes.ts";

/** Options of {@link memoryBroker}. */
export interface MemoryBrokerOptions {
  /**
   * Milliseconds that one way between client and broker takes, or a function that tells them for each message. The order
   * is kept.
   *
   * @defaultValue 0
   */
  readonly latencyMs?: number | (() => number);
  /** How long a grant is good, in milliseconds. @defaultValue 3,600,000 */
  readonly grantTtlMs?: number;
  /** The largest message, in UTF-8 bytes. @defaultValue 131,072 */
  readonly maxPayloadBytes?: number;
  /** Behave like a broker whose connections are given all their topics when they are opened. @defaultValue false */
  readonly topicsFixedAtConnect?: boolean;
  /** Where events of routes with `history` are kept, for example `memoryStore()`. @defaultValue such routes are refused */
  readonly store?: EventStore;
}

/** What a chain with this engine ends in. */
export interface MemoryHandlers<TRouter extends AnyTRPCRouter, TFilters extends AnyFilter>
  extends BroadcastHandlers<TRouter> {
  /** Publishes to the broker in memory. */
  publisher(options?: BroadcastPublisherOptions): BroadcastPublisher<TRouter, TFilters>;
}

/** Types of the engine in memory. */
export interface MemoryBrokerTypes extends EngineTypes {
  readonly handlers: MemoryHandlers<RouterOf<this>, FiltersOf<this>>;
}

/** A broker in this process, for tests. */
export interface MemoryBroker<TKeeps extends boolean = false> {
  /** For `.engine(…)`; of any number of chains. */
  readonly engine: BroadcastEngine<MemoryBrokerTypes, TKeeps>;
  /**
   * A link for `createTRPCClient`, to this broker. Needs `@trpc/client`.
   *
   * @param options - `http` is a link to a server with the chain's grant router
   */
  link<TRouter extends AnyTRPCRouter>(
    options: BroadcastLinkOptions<TRouter>,
  ): Promise<BroadcastLink<TRouter> & TRPCLink<TRouter>>;
  /** Connections that are open. */
  readonly connections: number;
  /** Connections that were accepted so far. */
  readonly accepted: number;
  /** Messages that were published so far, by topic, oldest first. */
  readonly messages: readonly { readonly topic: string; readonly body: string }[];
  /** Ends all connections, as a network does. */
  drop(): void;
  /** Whether the broker cannot be reached by clients. Those that are connected stay. */
  setDown(isDown: boolean): void;
  /** Whether the broker refuses what is published. */
  setRefusing(refusesMessages: boolean): void;
}
