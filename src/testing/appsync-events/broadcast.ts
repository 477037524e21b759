import { canonicalChannel } from "../../protocol/appSyncEvents.ts";

/** A client's subscription. */
export interface Listener {
  readonly connectionId: string;
  /** Sends the event to the client, now. */
  deliver(event: string): void;
}

/** Who listens to which channel. */
export class Listeners {
  readonly #byPattern = new Map<string, Set<Listener>>();

  /**
   * @param pattern - a channel in its canonical form, or one that ends in a wildcard
   * @returns ends it
   */
  add(pattern: string, listener: Listener): () => void {
    const listeners = this.#byPattern.get(pattern) ?? new Set();
    this.#byPattern.set(pattern, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byPattern.get(pattern) === listeners) {
        this.#byPattern.delete(pattern);
      }
    };
  }

  /** The subscriptions that get what is published to a channel, oldest first for each pattern. */
  of(channel: string): readonly Listener[] {
    return patternsOf(channel).flatMap((pattern) => [...(this.#byPattern.get(pattern) ?? [])]);
  }
}

/** The channel itself, and the wildcards above it. */
function patternsOf(channel: string): readonly string[] {
  const segments = canonicalChannel(channel).split("/");
  const wildcards = segments.slice(2).map((_, index) => [...segments.slice(0, index + 2), "*"]);
  return [channel, ...wildcards.map((pattern) => pattern.join("/"))];
}
