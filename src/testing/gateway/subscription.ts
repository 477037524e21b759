import { TestGatewayError } from "../../errors/testing.ts";
import { Feed, type WaitOptions } from "./feed.ts";

/** A subscription of a client, with what it received. */
export interface TestSubscription<TData> {
  /** Everything received, oldest first; what `next` gave is still there. */
  readonly received: readonly TData[];
  /**
   * The next value that `next` did not give yet, as `onData` gets it. Values that have arrived already are given at
   * once, in order.
   *
   * @throws {@link NotReceivedError} rejects with it when none arrives in time, or the subscription ended; it says what
   * was received and what publishers can find
   */
  next(options?: WaitOptions): Promise<TData>;
  /**
   * Resolves when the server has ended the subscription.
   *
   * @throws the client's error, when the server ended it with one
   * @throws {@link NotReceivedError} rejects with it when it does not end in time
   */
  ended(options?: WaitOptions): Promise<void>;
  /** Stops it. `await gateway.settled()` for the server to have done so. */
  unsubscribe(): void;
}

/** A subscription procedure of a tRPC client, for example `client.onPing`. */
export interface Subscribable {
  /** Subscribes, and calls back with what comes. */
  subscribe(input: never, callbacks: never): unknown;
}

type InputOf<TProcedure> = TProcedure extends {
  subscribe(input: infer TInput, callbacks: never): unknown;
}
  ? TInput
  : never;

/** The input of a procedure as rest arguments: none where it may be left out. */
export type InputArguments<TProcedure> =
  undefined extends InputOf<TProcedure>
    ? [input?: InputOf<TProcedure>]
    : [input: InputOf<TProcedure>];

/** What `onData` of a procedure gets. Clients from 11.25 on have it as an iterable too, which is what inference sees. */
export type DataOf<TProcedure> = TProcedure extends {
  subscribe(input: never, callbacks: never): AsyncIterable<infer TData>;
}
  ? TData
  : DataOfCallbacks<TProcedure>;

type DataOfCallbacks<TProcedure> = TProcedure extends {
  subscribe(input: never, callbacks: infer TCallbacks): unknown;
}
  ? TCallbacks extends { onData?: ((data: infer TData) => void) | undefined }
    ? TData
    : never
  : never;

/** Callbacks of tRPC's `subscribe`, as far as they are used. */
interface Callbacks {
  onStarted(): void;
  onData(data: unknown): void;
  onError(error: Error): void;
  onStopped(): void;
  onComplete(): void;
}

type Subscribe = (input: unknown, callbacks: Callbacks) => { unsubscribe(): void };

/**
 * Subscribes, and resolves at the server's `started`.
 *
 * @throws the client's error, when the server refuses
 */
export async function listen(
  procedure: Subscribable,
  input: unknown,
  routes: () => readonly string[],
): Promise<TestSubscription<unknown>> {
  if (typeof procedure?.subscribe !== "function") {
    throw new TestGatewayError(
      "listen(): expected a subscription of a client, for example listen(client.onPing, input).",
    );
  }
  const feed = new Feed(routes);
  // Called in place: every property of a client's proxy, `bind` too, is a part of the path. Its own types differ from
  // one version of tRPC to the next, so it is cast to what all of them take.
  const { unsubscribe } = (procedure as unknown as { subscribe: Subscribe }).subscribe(input, {
    onStarted: () => feed.start(),
    onData: (data) => feed.take(data),
    onError: (error) => feed.end(error),
    onStopped: () => feed.end(),
    onComplete: () => feed.end(),
  });
  try {
    await feed.started();
  } catch (error) {
    unsubscribe();
    throw error;
  }
  return {
    received: feed.received,
    next: (options) => feed.next(options),
    ended: (options) => feed.ended(options),
    unsubscribe() {
      unsubscribe();
      feed.end();
    },
  };
}
