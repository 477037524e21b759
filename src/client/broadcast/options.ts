import type { TRPCLink, WebSocketLinkOptions } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { BroadcastLinkEvent } from "./events.ts";

/** What links of all brokers are told. */
export interface BroadcastLinkSettings<TRouter extends AnyTRPCRouter> {
  /**
   * The link by which grants are asked for, to the server with the grant router. With `httpBatchLink` the subscriptions
   * that are mounted together cost one request.
   */
  readonly http: TRPCLink<TRouter>;
  /**
   * Where the grant router's mutation is.
   *
   * @defaultValue "subscriptionGrant"; below another router for example "realtime.subscriptionGrant"
   */
  readonly grantPath?: string;
  /**
   * Milliseconds before a grant is over at which the next one is asked for, up to a quarter more by chance, and never
   * more than half of a grant's time.
   *
   * @defaultValue 60,000
   */
  readonly renewBeforeMs?: number;
  /**
   * Milliseconds for which an old connection stays open when a new one has all its topics: what the broker sent on the
   * old one shortly before is still on its way.
   *
   * @defaultValue 5,000
   */
  readonly overlapMs?: number;
  /**
   * Milliseconds for the broker to accept a connection, and to confirm the topics of a subscription.
   *
   * @defaultValue 10,000
   */
  readonly timeoutMs?: number;
  /**
   * Milliseconds before the first, second, … try after a failure, each a fifth more or less by chance; the last one
   * stays. The first try after a connection that had lived is at once.
   *
   * @defaultValue [5_000, 15_000, 30_000, 60_000]
   */
  readonly backOffMs?: readonly [number, ...number[]];
  /**
   * Called with everything that went wrong and did not end a subscription: a connection that dropped, a grant that could
   * not be renewed, a message that cannot be read, what a callback threw.
   *
   * @defaultValue what a callback threw is thrown again by itself, as for an event listener; the rest is in
   * `onConnectionStateChange`
   */
  readonly onError?: (error: Error) => void;
}

/** Options of a link, with the router's transformer if it has one. */
export type BroadcastLinkOptions<TRouter extends AnyTRPCRouter> = BroadcastLinkSettings<TRouter> &
  Omit<WebSocketLinkOptions<TRouter>, "client">;

/** A link to a broker. Carries subscriptions alone: put it behind `splitLink`. */
export interface BroadcastLink<TRouter extends AnyTRPCRouter> extends TRPCLink<TRouter> {
  /**
   * Sees everything that the link does, messages included; for logs.
   *
   * @returns ends it
   */
  onEvent(listener: (event: BroadcastLinkEvent) => void): () => void;
  /**
   * Asks for every grant again now, and moves to a new connection with them: when who is signed in has changed. Whom the
   * server refuses then ends with that error. The same topics are moved without a loss; who is granted other topics hears
   * nothing more on those before from the answer on, and is `connecting` until all of its own are heard. Until the server
   * answers the grants that there are stand: to hear nothing at once, as after a logout, end subscriptions or `close()`.
   */
  renew(): void;
  /** Ends every subscription (`onComplete`) and closes the connection. A later subscription opens another one. */
  close(): void;
}
