import { MissedEventError } from "../errors/history.ts";
import { TransportError } from "../errors.ts";
import { noteThrottled } from "../events/observer.ts";
import { delayBefore, pause, withTimeout } from "./deliver.ts";
import { runStopHooks } from "./endConnection.ts";
import type { PublisherContext } from "./publisherOptions.ts";

/** Connections closed side by side. Few, since a client that is closed comes back at once. */
const CONCURRENCY = 10;
const MAX_ATTEMPTS = 3;
const CLOSE_TIMEOUT_MS = 1_000;
/** Time after the last post in which they are closed. */
const FINISH_MS = 2_000;

/**
 * Closes connections that an event with history could not be posted to. A subscriber that were left alone would be sent
 * the next event, and then ask for what comes after that one; closed, it comes back with the last event before this one,
 * and is sent it from the history.
 *
 * The socket first, its rows after it: a publisher that dies in between leaves a closed socket, which `$disconnect` or
 * the next 410 cleans up, and not an open one that nobody posts to.
 */
export class Fences {
  readonly #context: PublisherContext;
  readonly #at: { readonly path: string; readonly eventId: string };
  readonly #known = new Set<string>();
  readonly #over = new AbortController();
  #waiting: string[] = [];
  #underWay = new Set<Promise<void>>();

  constructor(context: PublisherContext, at: { readonly path: string; readonly eventId: string }) {
    this.#context = context;
    this.#at = at;
  }

  /** Begins to close a connection. */
  add(connectionId: string): void {
    if (this.#known.has(connectionId)) return;
    this.#known.add(connectionId);
    this.#waiting.push(connectionId);
    this.#next();
  }

  /** To be called when nothing is posted any more. Those that cannot be closed in time are reported. */
  async finish(): Promise<void> {
    const timer = setTimeout(() => this.#over.abort(), FINISH_MS);
    try {
      while (this.#underWay.size > 0) await Promise.race(this.#underWay);
    } finally {
      clearTimeout(timer);
    }
  }

  #next(): void {
    while (this.#underWay.size < CONCURRENCY) {
      const connectionId = this.#waiting.shift();
      if (connectionId === undefined) return;
      const closing: Promise<void> = this.#close(connectionId).finally(() => {
        this.#underWay.delete(closing);
        this.#next();
      });
      this.#underWay.add(closing);
    }
  }

  async #close(connectionId: string): Promise<void> {
    const { app, report, tell, step } = this.#context;
    const { path, eventId } = this.#at;
    try {
      await this.#closeSocket(connectionId);
    } catch (cause) {
      report(new MissedEventError(eventId, { cause }), { path, connectionId });
      return;
    }
    try {
      const { signal } = this.#over;
      const limit = { timeoutMs: CLOSE_TIMEOUT_MS, signal };
      const ended = await withTimeout({ ...limit, from: "the store" }, () =>
        app.store.disconnect(connectionId),
      );
      tell?.({ type: "fenced", connectionId, path, subscriptions: ended.length, step });
      await runStopHooks(app, ended, { report, limit });
    } catch (error) {
      report(error, { path, connectionId });
    }
  }

  async #closeSocket(connectionId: string): Promise<void> {
    const { signal } = this.#over;
    const limit = { timeoutMs: CLOSE_TIMEOUT_MS, signal, from: "the endpoint" };
    for (let attempt = 1; ; attempt++) {
      try {
        await withTimeout(limit, (end) => this.#context.transport.close(connectionId, end));
        return;
      } catch (error) {
        const isWorthAnother =
          error instanceof TransportError && ["throttled", "transient"].includes(error.failure);
        if (error instanceof TransportError && error.failure === "throttled") {
          noteThrottled("managementApi");
        }
        if (!isWorthAnother || attempt >= MAX_ATTEMPTS || signal.aborted) throw error;
        await pause(delayBefore(attempt + 1), signal);
        if (signal.aborted) throw error;
      }
    }
  }
}
