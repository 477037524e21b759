import type { Scheduler } from "fast-check";

/** The moments at which a schedule decides who goes on. */
export class Steps {
  #scheduler: Scheduler | undefined;

  /** Waits for its turn; without a schedule it has it at once. */
  take(label: string): Promise<void> {
    return this.#scheduler?.schedule(Promise.resolve(), label) ?? Promise.resolve();
  }

  /** Lets a scheduler decide from now on; `undefined` for nobody. */
  follow(scheduler: Scheduler | undefined): void {
    this.#scheduler = scheduler;
  }

  get isFollowed(): boolean {
    return this.#scheduler !== undefined;
  }
}
