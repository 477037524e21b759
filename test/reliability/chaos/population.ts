import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { apiGatewayPreset } from "trpc-aws-subscriptions/client";
import { clientVersions, type StockClient, stockClient } from "../../e2e/client.ts";
import { seeded } from "../../seeded.ts";
import { type ChaosRouter, type Subscriber, tenants, topics, users } from "./members.ts";
import { loggedSocket } from "./wire.ts";
import type { ChaosWorld } from "./world.ts";

/** Mean time from one change of mind to the next, of one client. */
const CHURN_MS = 40_000;
/** Mean time from one cut to the next, of one client. */
const CUT_MS = 60_000;
/** Subscriptions of a client. */
const SLOTS = 2;
/** Before a client that was sent an error asks again. */
const RETRY_MS = 1_000;
/** All clients connect within this time. */
const ARRIVAL_MS = 5_000;

/** Clients that come, change their minds and lose their sockets, until they are told to keep still. */
export class Population {
  /** Changes of mind and cuts. */
  readonly counts = { churns: 0, cuts: 0, connects: 0 };
  readonly #world: ChaosWorld;
  readonly #random: () => number;
  readonly #WebSocket: ReturnType<typeof loggedSocket>;
  readonly #clients: (readonly [name: string, StockClient<ChaosRouter>])[] = [];
  readonly #calm = new AbortController();
  readonly #loops: Promise<void>[] = [];
  #sockets = 0;

  /** @param seed - of what clients do */
  constructor(world: ChaosWorld, seed: number) {
    this.#world = world;
    this.#random = seeded(seed);
    this.#WebSocket = loggedSocket(world.ledger);
    setMaxListeners(0, this.#calm.signal);
    const members = tenants.flatMap((tenant) => users.map((user) => ({ tenant, user })));
    for (const [index, member] of members.entries()) this.#loops.push(this.#live(member, index));
  }

  /** How many clients there are. */
  get size(): number {
    return tenants.length * users.length;
  }

  /** Resolves when nobody will change their mind and no socket will be cut any more. */
  async keepStill(): Promise<void> {
    this.#calm.abort();
    await Promise.all(this.#loops);
  }

  /** Every client leaves without a word, so that `$disconnect` has everything to do. */
  async leave(): Promise<void> {
    const all = this.#clients.map(([name, client]) => {
      for (const [socket] of this.#world.ledger.socketsOf(name)) socket.terminate();
      return client.close();
    });
    await Promise.all(all);
  }

  async #live(member: Pick<Subscriber, "tenant" | "user">, index: number): Promise<void> {
    if (!(await this.#wait(this.#random() * ARRIVAL_MS))) return;
    const name = String(index);
    const stock = this.#join(member, name);
    this.#clients.push([name, stock]);
    const slots = Array.from({ length: SLOTS }, () => this.#slot(stock));
    const churning = async (): Promise<void> => {
      while (await this.#wait(this.#about(CHURN_MS))) {
        this.counts.churns++;
        slots[Math.floor(this.#random() * SLOTS)]?.change();
      }
    };
    const cutting = async (): Promise<void> => {
      while (await this.#wait(this.#about(CUT_MS))) await this.#cut(name);
    };
    await Promise.all([churning(), cutting()]);
  }

  #join({ tenant, user }: Pick<Subscriber, "tenant" | "user">, client: string) {
    // Every third one says only later who it is.
    const isLate = Number(client) % 3 === 0;
    const session = JSON.stringify(isLate ? { tenant } : { tenant, user });
    const version = clientVersions[Number(client) % clientVersions.length];
    return stockClient<ChaosRouter>({
      ...(version !== undefined && { version }),
      ...apiGatewayPreset(),
      ...(isLate && { connectionParams: { user } }),
      retryDelayMs: (attempt) => this.#random() * 100 * 2 ** Math.min(attempt, 5),
      WebSocket: this.#WebSocket as never,
      url: (() => {
        this.counts.connects++;
        const socket = String(this.#sockets++);
        const query = new URLSearchParams({ client, socket, user, session });
        return `${this.#world.gateway.url}?${query}`;
      }) as never,
    });
  }

  /** A place for one subscription after the other. */
  #slot({ client }: StockClient<ChaosRouter>): { change(): void } {
    const subscribe = (): { unsubscribe(): void } => {
      const topic = topics[Math.floor(this.#random() * topics.length)] ?? topics[0];
      return client.onMessage.subscribe({ topic }, { onError: () => void askAgain() });
    };
    const askAgain = async (): Promise<void> => {
      if (await this.#wait(RETRY_MS)) current = subscribe();
    };
    let current = subscribe();
    return {
      change() {
        current.unsubscribe();
        // As React's StrictMode does it.
        subscribe().unsubscribe();
        current = subscribe();
      },
    };
  }

  async #cut(client: string): Promise<void> {
    const { ledger, gateway } = this.#world;
    const [first] = ledger.socketsOf(client);
    if (first === undefined) return;
    const [socket, connection] = first;
    this.counts.cuts++;
    if (this.#random() < 0.5 || !gateway.connectionIds().includes(connection)) {
      socket.terminate();
      return;
    }
    ledger.history.note({ type: "cut", connection });
    await gateway.dropConnection(connection);
  }

  #about(meanMs: number): number {
    return meanMs * (0.5 + this.#random());
  }

  /** Resolves with `false` when it is time to keep still. */
  async #wait(delayMs: number): Promise<boolean> {
    try {
      await sleep(delayMs, undefined, { signal: this.#calm.signal });
      return true;
    } catch (error) {
      if (this.#calm.signal.aborted) return false;
      throw error;
    }
  }
}
