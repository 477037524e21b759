import type { Connection, NewSubscription, Store, SubscribeOutcome } from "../../store/types.ts";

interface Waiting {
  readonly subscription: NewSubscription;
  readonly resolve: (outcome: SubscribeOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores the subscriptions of one frame: those that are ready together in one call, later ones in the next. One call at
 * a time, because each counts on the connection's row and two at once would cancel each other.
 */
export class SubscribeQueue {
  readonly #store: Store;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Stores one subscription. Rejects when its call to the store does. */
  add(connection: Connection, subscription: NewSubscription): Promise<SubscribeOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ subscription, resolve, reject });
      this.#flushing ??= this.#flush(connection).finally(() => {
        this.#flushing = undefined;
      });
    });
  }

  async #flush(connection: Connection): Promise<void> {
    while (this.#waiting.length > 0) {
      // The rest of the frame gets ready in the same turn of the event loop.
      await new Promise(setImmediate);
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const outcomes = await this.#store.subscribe(
          connection,
          batch.map(({ subscription }) => subscription),
        );
        for (const [index, { resolve, reject }] of batch.entries()) {
          const outcome = outcomes[index];
          if (outcome === undefined) reject(new Error("the store returned too few outcomes"));
          else resolve(outcome);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  }
}
