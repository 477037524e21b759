import type { SimulatedClient, Subscription } from "./client.ts";
import type { SimulatedWorld } from "./world.ts";

/** The most sockets that a reader may need, one after the other. */
const MOST_VISITS = 8;

/** From a subscription without a cursor until the next one without: what was told between is to be without a hole. */
export interface Life {
  /** When the client knew that it is subscribed. */
  startedAt?: number;
  readonly subscriptions: Subscription[];
}

/**
 * A client that subscribes to one room whose events are kept, and comes back with the last event's id whenever its
 * socket is lost, as tRPC's does. When it is told of a gap it subscribes without an id, as an app would that loads its
 * state anew.
 */
export class Reader {
  readonly room: string;
  readonly #clients: readonly SimulatedClient[];
  #visits = 0;
  #isOver = false;
  lives: Life[] = [];
  /** Requests that were answered with an error. */
  refused: Subscription[] = [];

  constructor(world: SimulatedWorld, room: string) {
    this.room = room;
    this.#clients = Array.from({ length: MOST_VISITS }, (_, visit) =>
      world.client(`visit${visit}`),
    );
  }

  /** The socket it has, or had last. */
  get client(): SimulatedClient {
    const client = this.#clients[Math.max(0, this.#visits - 1)];
    if (client === undefined) throw new Error(`a reader needs more than ${MOST_VISITS} sockets`);
    return client;
  }

  /** The last event that it has seen. */
  get lastEventId(): string | undefined {
    const events = this.lives.at(-1)?.subscriptions.flatMap((each) => each.events);
    return events?.at(-1)?.kept?.cursor;
  }

  /** Keeps what it has seen in its first visit. @returns puts it back, after its clients were put back */
  remember(): () => void {
    const [{ startedAt = 0 } = {}] = this.lives;
    return () => {
      this.#visits = 1;
      this.#isOver = false;
      this.lives = [{ startedAt, subscriptions: [...this.client.subscriptions] }];
      this.refused = [];
    };
  }

  /** Connects and subscribes, until it is answered or its socket is lost. */
  async visit(): Promise<void> {
    this.#visits++;
    const { client } = this;
    if (!(await client.connect())) throw new Error("a handshake failed");
    const from = this.lastEventId;
    if (from !== undefined && (await this.#isTaken(1, from))) return;
    if (client.closedAt === undefined) await this.#isTaken(2, undefined);
  }

  /** Comes back whenever its socket is lost, until it is told to rest. */
  async stay(): Promise<void> {
    for (;;) {
      const { client } = this;
      await client.when(() => client.closedAt !== undefined || this.#isOver);
      if (client.closedAt === undefined) return;
      await this.visit();
    }
  }

  /** Lets {@link stay} end once there is a socket. */
  rest(): void {
    this.#isOver = true;
    this.client.wake();
  }

  async #isTaken(id: number, from: string | undefined): Promise<boolean> {
    const { client } = this;
    if (from === undefined) this.lives.push({ subscriptions: [] });
    const life = this.lives.at(-1);
    const subscription = client.resume(id, this.room, from);
    life?.subscriptions.push(subscription);
    await client.when(
      () =>
        subscription.startedAt !== undefined ||
        subscription.refusedAt !== undefined ||
        client.closedAt !== undefined,
    );
    const { startedAt, refusedAt } = subscription;
    if (refusedAt !== undefined) this.refused.push(subscription);
    if (life !== undefined && startedAt !== undefined) life.startedAt ??= startedAt;
    return refusedAt === undefined;
  }
}
