/** Tasks that nobody awaits one by one. */
export class TaskSet {
  readonly #running = new Set<Promise<void>>();

  /** Starts a task. One that rejects is a defect: {@link settled} rejects too, or the rejection stays unhandled. */
  run(task: () => Promise<void>): void {
    const running = task().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves once no task is under way, tasks started meanwhile included. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
