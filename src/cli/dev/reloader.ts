import { basename } from "node:path";
import { lineOf } from "../failure.ts";
import type { DevEvent } from "./events.ts";
import type { Handlers } from "./handlers.ts";

/** Loads the handlers anew after changes, one time after another. */
export class Reloader {
  readonly #handlers: Handlers;
  readonly #name: string;
  readonly #tell: (event: DevEvent) => void;
  #running: Promise<void> | undefined;
  #hasChanged = false;

  constructor(handlers: Handlers, file: string, tell: (event: DevEvent) => void) {
    this.#handlers = handlers;
    this.#name = basename(file);
    this.#tell = tell;
  }

  /** Something changed. While the handlers are being loaded, they are loaded once more behind it. */
  change(): void {
    this.#hasChanged = true;
    this.#running ??= this.#reload();
  }

  /** Resolves when nothing is being loaded. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #reload(): Promise<void> {
    while (this.#hasChanged) {
      this.#hasChanged = false;
      const startedAt = performance.now();
      const file = this.#name;
      try {
        await this.#handlers.reload();
        this.#tell({ type: "reloaded", file, durationMs: performance.now() - startedAt });
      } catch (error) {
        this.#tell({ type: "reloadFailed", file, error: lineOf(error) });
      }
    }
    this.#running = undefined;
  }
}
