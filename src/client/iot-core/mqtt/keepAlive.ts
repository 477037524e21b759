/** How long a broker may take to answer a ping. Timers of a hidden page may be a minute late, which only waits longer. */
const ANSWER_TIMEOUT_MS = 15_000;

/** Asks a broker twice in every keep-alive whether it is there, and notices when nothing comes back. */
export class KeepAlive {
  readonly #ping: () => void;
  readonly #lost: () => void;
  #interval: ReturnType<typeof setInterval> | undefined;
  #answer: ReturnType<typeof setTimeout> | undefined;

  constructor(on: { ping(): void; lost(): void }) {
    this.#ping = on.ping;
    this.#lost = on.lost;
  }

  /** @param seconds - what broker and client agreed on; 0 means never */
  start(seconds: number): void {
    if (seconds === 0) return;
    this.#interval = setInterval(() => this.#ask(), seconds * 500);
  }

  /** Something came: a broker that is busy sending may be late with its answer, but is there. */
  heard(): void {
    clearTimeout(this.#answer);
    this.#answer = undefined;
  }

  stop(): void {
    clearInterval(this.#interval);
    this.heard();
  }

  #ask(): void {
    this.#ping();
    this.#answer ??= setTimeout(() => this.#lost(), ANSWER_TIMEOUT_MS);
  }
}
