/** A copy of a message comes within seconds: by an old and a new connection, or by two topics of one publish. */
const REMEMBERED_MS = 60_000;

/** Remembers what came in the last minute, and up to another one. */
export class Seen {
  #recent = new Set<string>();
  #older = new Set<string>();
  #since = Date.now();

  /** Whether a message comes for the first time. */
  isNew(messageId: string): boolean {
    const now = Date.now();
    // The clock may have been set back.
    if (Math.abs(now - this.#since) >= REMEMBERED_MS) {
      this.#older = this.#recent;
      this.#recent = new Set();
      this.#since = now;
    }
    if (this.#recent.has(messageId) || this.#older.has(messageId)) return false;
    this.#recent.add(messageId);
    return true;
  }
}
