import { TransportError } from "../../../src/errors.ts";
import type { Store } from "../../../src/store/types.ts";

/** What happens at one of a process's calls, instead of or after its effect. */
export interface Fault {
  /** Which call of the process, from 0; of those named {@link at}, if that is given. */
  readonly call: number;
  /** For example `claim`. @defaultValue any */
  readonly at?: "post" | "send" | "page" | "claim" | "finish" | "keep" | "signingKey";
  /**
   * `die` ends the process: it never hears of anything again. `fail` is an error, as of a network; `hang` is no answer.
   */
  readonly kind: "die" | "fail" | "hang";
  /** Whether the call had its effect. */
  readonly isAfter: boolean;
}

/** A process that may die, or see a call fail, at any of its calls. */
export class WorkerProcess {
  /** Resolves when it dies. */
  readonly died: Promise<"died">;
  isDead = false;
  /** The fault happened. */
  isHit = false;
  readonly #fault: Fault | undefined;
  readonly #latencyMs: () => number;
  #calls = 0;
  #die: (how: "died") => void = () => undefined;

  constructor(fault: Fault | undefined, latencyMs: () => number) {
    this.#fault = fault;
    this.#latencyMs = latencyMs;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  die(): void {
    this.isDead = true;
    this.#die("died");
  }

  /** Makes one post. Its answer is not lost while the process lives: it would be posted again, by design. */
  async post(effect: () => Promise<void>): Promise<void> {
    try {
      await this.call("post", effect, { mayLose: false });
    } catch (error) {
      if (error instanceof TransportError) throw error;
      throw new TransportError("transient", "503", { cause: error });
    }
  }

  /** Makes one call to the world outside. */
  async call<T>(name: string, effect: () => Promise<T>, { mayLose = true } = {}): Promise<T> {
    const isMeant = (this.#fault?.at ?? name) === name;
    const fault = isMeant && this.#fault?.call === this.#calls ? this.#fault : undefined;
    if (isMeant) this.#calls++;
    await new Promise<void>((resolve) => setTimeout(resolve, this.#latencyMs()));
    if (this.isDead) return never();
    const isBefore = fault !== undefined && !(fault.isAfter && (mayLose || fault.kind === "die"));
    if (isBefore) return this.#suffer(fault);
    const result = await effect();
    return fault === undefined ? result : this.#suffer(fault);
  }

  /** A store as this process sees it. */
  store(store: Store): Store {
    const call = this.call.bind(this);
    const { fanOuts } = store;
    return {
      ...store,
      findRoutes: (query) => this.#pages(store.findRoutes(query)),
      getSubscriptions: (asked) => call("getSubscriptions", () => store.getSubscriptions(asked)),
      disconnectAll: (routes) => call("disconnectAll", () => store.disconnectAll(routes)),
      signingKey: () => call("signingKey", () => store.signingKey()),
      fanOuts: {
        keep: (...given) => call("keep", () => fanOuts.keep(...given)),
        kept: (id) => call("kept", () => fanOuts.kept(id)),
        claim: (claim) => call("claim", () => fanOuts.claim(claim)),
        finish: (part) => call("finish", () => fanOuts.finish(part)),
      },
    };
  }

  async *#pages<T>(pages: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const iterator = pages[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await this.call("page", () => iterator.next());
      if (done === true) return;
      yield value;
    }
  }

  #suffer(fault: Fault): Promise<never> {
    this.isHit = true;
    if (fault.kind === "fail") return Promise.reject(new Error("fault"));
    if (fault.kind === "hang") return never();
    this.die();
    return never();
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
