import { basename } from "node:path";
import { CommandFailure, lineOf } from "../failure.ts";
import { type HandlerCall, HandlerProcess, type HandlerProcessOptions } from "./handlerProcess.ts";

/** The routes of a WebSocket API. */
export type HandlerRoute = "connect" | "disconnect" | "handler";

const ROUTES: readonly HandlerRoute[] = ["connect", "disconnect", "handler"];

/** The user's handlers: the newest version that could be loaded. */
export class Handlers {
  readonly #options: HandlerProcessOptions;
  #current: HandlerProcess;

  private constructor(options: HandlerProcessOptions, current: HandlerProcess) {
    this.#options = options;
    this.#current = current;
  }

  /** @throws {@link CommandFailure} when the module cannot be loaded, or lacks an export */
  static async load(options: HandlerProcessOptions): Promise<Handlers> {
    return new Handlers(options, await start(options));
  }

  /** Whether the queue's worker is exported. */
  get hasWorker(): boolean {
    return this.#current.functions.includes("worker");
  }

  /**
   * Loads the module anew. Invocations under way end in the version they began in.
   *
   * @throws {@link CommandFailure} when it cannot be loaded; the version before stays then
   */
  async reload(): Promise<void> {
    const old = this.#current;
    this.#current = await start(this.#options);
    old.stop().catch((error: unknown) => {
      this.#options.onOutput("stderr", lineOf(error));
    });
  }

  /** Invokes the handler of a route, or `webSocketHandler`, which serves all of them. */
  async invokeRoute(route: HandlerRoute, call: Omit<HandlerCall, "handler">): Promise<unknown> {
    const { functions } = await this.#living();
    const handler = functions.includes("webSocketHandler") ? "webSocketHandler" : route;
    return this.#current.invoke({ ...call, handler });
  }

  /** Invokes the queue's worker. */
  async invokeWorker(call: Omit<HandlerCall, "handler">): Promise<unknown> {
    await this.#living();
    return this.#current.invoke({ ...call, handler: "worker" });
  }

  /** Ends the process when its invocations have ended. */
  stop(): Promise<void> {
    return this.#current.stop();
  }

  /** As Lambda does after a crash. */
  async #living(): Promise<HandlerProcess> {
    if (!this.#current.isAlive) this.#current = await start(this.#options);
    return this.#current;
  }
}

async function start(options: HandlerProcessOptions): Promise<HandlerProcess> {
  const name = basename(options.file);
  let started: HandlerProcess;
  try {
    started = await HandlerProcess.start(options);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(`${name} cannot be loaded: ${lineOf(error)}`, { cause: error });
  }
  const missing = missingOf(started.functions);
  if (missing.length === 0) return started;
  await started.stop();
  throw new CommandFailure(
    `${name} does not export ${missing.join(" and ")}. Export connect, disconnect and handler, or one webSocketHandler (functions; worker is optional).`,
  );
}

function missingOf(functions: readonly string[]): readonly string[] {
  if (functions.includes("webSocketHandler")) return [];
  return ROUTES.filter((route) => !functions.includes(route));
}
