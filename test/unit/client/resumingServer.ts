import { event, eventId, started } from "./history.ts";
import type { Connection, FakeSocket } from "./platform.ts";

/**
 * A publish has reached everybody before this many later ones have begun, so a server that replays as many events before
 * a cursor replays all that could have been under way.
 */
const OVERLAP = 4;

/** Chooses a number from 0 to one less than the given. */
export type Choose = (count: number) => number;

/** What the server does for a subscription on one socket. */
class Listening {
  readonly below: FakeSocket;
  /** Events on their way to it, live or replayed. */
  readonly underway: number[] = [];
  isArmed = false;
  isStarted = false;
  readonly #from: number;

  constructor(below: FakeSocket, from: number) {
    this.below = below;
    this.#from = from;
  }

  /** The replay, in any order, some of it twice. */
  replay(published: number, choose: Choose): void {
    for (let n = Math.max(0, this.#from - OVERLAP); n < published; n++) {
      for (let times = choose(4) === 0 ? 2 : 1; times > 0; times--) {
        this.underway.splice(choose(this.underway.length + 1), 0, n);
      }
    }
  }
}

/** A server with history, which posts as badly as it may. */
export class ResumingServer {
  published = 0;
  readonly #choose: Choose;
  readonly #listening = new Map<FakeSocket, Listening>();

  constructor(choose: Choose) {
    this.#choose = choose;
  }

  /** A subscription arrives. One without a cursor hears of what comes. */
  subscribe({ below }: Connection): void {
    const { params } = below.frames.at(-1) as { params: { lastEventId?: string } };
    const from = [...Array(this.published).keys()].find((n) => eventId(n) === params.lastEventId);
    if (params.lastEventId !== undefined && from === undefined) throw new Error("no such event");
    this.#listening.set(below, new Listening(below, from ?? this.published + OVERLAP));
  }

  unsubscribe({ below }: Connection): void {
    this.#listening.delete(below);
  }

  /** Stores an event, and sends it to those who are armed. Before that the older ones arrive. */
  publish(): void {
    for (const listening of this.#listening.values()) {
      for (const n of listening.underway.filter((n) => n <= this.published - OVERLAP)) {
        if (listening.isArmed) this.#post(listening, listening.underway.indexOf(n));
      }
    }
    const n = this.published++;
    for (const { isArmed, underway } of this.#listening.values()) if (isArmed) underway.push(n);
  }

  /** Stores more events than the overlap holds. */
  burst(): void {
    for (let n = 0; n < 2 * OVERLAP; n++) this.publish();
  }

  /** Takes the next step for one of the sockets: arms it, posts something, or ends the replay. */
  proceed(): void {
    const all = [...this.#listening.values()];
    const listening = all[this.#choose(all.length)];
    if (listening === undefined) return;
    if (!listening.isArmed) {
      listening.isArmed = true;
      listening.replay(this.published, this.#choose);
    } else if (listening.underway.length > 0 && this.#choose(5) > 0) {
      this.#post(listening, this.#choose(listening.underway.length));
    } else if (!listening.isStarted) {
      this.#start(listening);
    }
  }

  /** Posts all there is. */
  finish(): void {
    for (const listening of [...this.#listening.values()]) {
      if (!listening.isArmed) {
        listening.isArmed = true;
        listening.replay(this.published, this.#choose);
      }
      while (listening.underway.length > 0) this.#post(listening, 0);
      if (!listening.isStarted) this.#start(listening);
    }
  }

  #start(listening: Listening): void {
    while (listening.underway.length > 0) this.#post(listening, 0);
    listening.isStarted = true;
    listening.below.message(started(1, this.published - 1));
  }

  #post({ below, underway }: Listening, index: number): void {
    const [n] = underway.splice(index, 1);
    if (n !== undefined && below.readyState === 1) below.message(event(1, n));
  }
}
