import { setTimeout as delay } from "node:timers/promises";

/** Waits, or less long when that is aborted. Never rejects. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs <= 0) return;
  try {
    await delay(delayMs, undefined, { signal });
  } catch {
    // Only an abort ends a delay early.
  }
}
