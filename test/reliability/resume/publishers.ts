import type { Address, Audit } from "./audit.ts";
import type { RoomsPublisher } from "./routes.ts";

/** Publishes one event after the other, each when the one before has ended. */
export class OnePublisher {
  readonly #name: string;
  readonly #publisher: RoomsPublisher;
  readonly #audit: Audit;
  #last: Promise<void> = Promise.resolve();

  constructor(name: string, publisher: RoomsPublisher, audit: Audit) {
    this.#name = name;
    this.#publisher = publisher;
    this.#audit = audit;
  }

  /** Resolves when its publish has ended. */
  publish(address: Address): Promise<void> {
    this.#last = this.#last.then(() => this.#publish(address));
    return this.#last;
  }

  async #publish(address: Address): Promise<void> {
    const { route, room } = address;
    const number = this.#audit.begun(address);
    const data = { number, room, publisher: this.#name };
    const filter = { name: "byRoom", input: { room } } as const;
    const { publish } = this.#publisher.routes[route];
    try {
      const { eventId, cursor } = await publish(room === "" ? { data } : { data, filter });
      let rest = cursor;
      while (rest !== undefined) rest = (await this.#publisher.resume(rest)).cursor;
      this.#audit.published(number, eventId);
    } catch {
      this.#audit.rejected(number);
    }
  }
}
