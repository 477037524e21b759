/** Where a process dies: at one of its calls to the table or the gateway. */
export interface Death {
  /** Counts from 0. */
  readonly atCall: number;
  /** Whether that call still takes place; its answer comes to nobody. */
  readonly isCallMade: boolean;
}

/** The end of an invocation whose process is gone. */
export class ProcessDiedError extends Error {
  override readonly name = "ProcessDiedError";

  constructor() {
    super("the process died in the middle of an invocation");
  }
}

/** A process that dies in the middle of what it does: what it would have done after that never happens. */
export class MortalProcess {
  readonly #death: Death;
  #calls = 0;
  #die: () => void = () => undefined;
  readonly #died = new Promise<never>((_, reject) => {
    this.#die = () => reject(new ProcessDiedError());
  });
  isDead = false;

  constructor(death: Death) {
    this.#death = death;
    // Nobody may be waiting for it.
    this.#died.catch(() => undefined);
  }

  /** Makes a call, unless the process is dead or dies of it; then it has no end. */
  async call<T>(make: () => Promise<T>): Promise<T> {
    if (this.isDead) return never();
    const { atCall, isCallMade } = this.#death;
    const isLast = this.#calls++ === atCall;
    if (isLast && !isCallMade) return this.#end();
    try {
      return await make();
    } finally {
      if (isLast) await this.#end();
      if (this.isDead) await never();
    }
  }

  /** What came of it, unless the process dies first. */
  outcome<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#died]);
  }

  #end(): Promise<never> {
    this.isDead = true;
    this.#die();
    return never();
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
