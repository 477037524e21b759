import type { GateAnswer } from "./gate.ts";

/**
 * 429 means two things: the account's rate is used up, or this one client reads too slowly ("the WebSocket client side
 * buffer is full"). Many connections refused at once are the account; one that is refused again and again while others
 * are not is the client.
 *
 * @see https://docs.aws.amazon.com/apigatewaymanagementapi/latest/api/API_PostToConnection.html
 */
export class Refusals {
  #firstTries = 0;
  #refusedFirstTries = 0;
  /** Connections that were refused lately, as far as their number matters. */
  readonly #refusedConnections = new Set<string>();
  #wereMany = false;
  #triedSince = 0;
  #refusedSince = 0;
  /** Share of refusals among the last answers, some `WINDOW` of them. */
  #recentShare = 0;
  #pausedUntil = 0;
  #pauseMs = FIRST_PAUSE_MS;
  readonly #random: () => number;

  /** @param random - from 0 to 1 */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** @param now - milliseconds of any steady clock */
  note(answer: Omit<GateAnswer, "latencyMs">, now: number): void {
    if (answer.firstTry) this.#noteFirstTry(answer.refused, now);
    if (answer.refused) this.#noteRefused(answer.connectionId, now);
    // It was posted before the pause, and says nothing about the time after it.
    if (now < this.#pausedUntil) return;
    this.#recentShare += ((answer.refused ? 1 : 0) - this.#recentShare) / WINDOW;
    if (this.#recentShare < MOST) {
      if (!answer.refused) this.#pauseMs = FIRST_PAUSE_MS;
    } else {
      // Half of it at random, so that several processes that share the quota do not come back together.
      this.#pausedUntil = now + this.#pauseMs * (0.5 + this.#random() / 2);
      this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
      this.#recentShare = MOST / 2;
    }
  }

  #noteFirstTry(refused: boolean, now: number): void {
    // While nothing new is begun, what was seen last still holds.
    if (now - this.#triedSince > COUNTED_MS) {
      this.#firstTries /= 2;
      this.#refusedFirstTries /= 2;
      this.#triedSince = now;
    }
    this.#firstTries++;
    if (refused) this.#refusedFirstTries++;
  }

  #noteRefused(connectionId: string, now: number): void {
    if (now - this.#refusedSince > COUNTED_MS) {
      this.#wereMany = this.#refusedConnections.size >= MANY;
      this.#refusedConnections.clear();
      this.#refusedSince = now;
    }
    if (this.#refusedConnections.size < MANY) this.#refusedConnections.add(connectionId);
  }

  /** Milliseconds for which nobody should post, since most of the last posts were refused. */
  waitMs(now: number): number {
    return Math.max(0, Math.ceil(this.#pausedUntil - now));
  }

  /**
   * Tries that one connection gets while it is refused. As many as it takes until chance alone, at the share that all
   * connections see, is no explanation any more. That may be any number: while the account's rate is used up nobody is
   * given up, and who is not reached by the deadline is left to the rest of the fan-out.
   */
  tries(least: number): number {
    if (!this.#wereMany && this.#refusedConnections.size < MANY) return least;
    // Never all of them: its logarithm is what is divided by.
    const share = this.#refusedFirstTries / (this.#firstTries + 1);
    return Math.max(least, Math.ceil(Math.log(CHANCE) / Math.log(share)));
  }
}

const COUNTED_MS = 5_000;
/** Answers over which the share is smoothed. */
const WINDOW = 32;
/** Share of refusals at which everybody waits. */
const MOST = 0.5;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** Connections refused within some seconds from which it is the account rather than some slow clients. */
const MANY = 10;
/** Chance at which a connection of ten thousand is wrongly given up: one fan-out in ten thousand. */
const CHANCE = 1e-8;
