import type { Line } from "./line.ts";
import type { Subscriber } from "./subscriber.ts";
import { Timer } from "./timer.ts";

/** When everything is renewed: before the first grant, or what the line was opened with, is over. */
export class Renewal {
  readonly #timer = new Timer();
  readonly #renew: () => void;

  constructor(renew: () => void) {
    this.#renew = renew;
  }

  schedule(line: Line, subscribers: ReadonlySet<Subscriber>): void {
    const times = [...subscribers].map((each) => each.renewAtMs);
    const atMs = Math.min(line.renewAtMs, ...times);
    this.#timer.start(Math.max(0, atMs - Date.now()), this.#renew);
  }

  stop(): void {
    this.#timer.stop();
  }
}
