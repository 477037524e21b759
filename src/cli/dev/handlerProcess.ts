import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { loaderArguments } from "./loader.ts";
import type { ErrorText, InvokeMessage, RuntimeMessage } from "./runtimeMessages.ts";

/** A module that takes longer to load waits for something that does not come; Lambda waits 10 s. */
const LOAD_TIMEOUT_MS = 30_000;

/** In the built package both are `.mjs` in one folder. */
const RUNTIME = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./runtime.ts" : "./runtime.mjs", import.meta.url),
);

/** How the handlers are run. */
export interface HandlerProcessOptions {
  /** Absolute path of the module. */
  readonly file: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Called with each line that the handlers print. */
  readonly onOutput: (stream: "stdout" | "stderr", line: string) => void;
}

/** One invocation. */
export type HandlerCall = Omit<InvokeMessage, "invocation">;

/** An error of the handlers' process, with the stack that it had there. */
class HandlerError extends Error {
  constructor({ name, message, stack }: ErrorText) {
    super(message);
    this.name = name;
    if (stack !== undefined) this.stack = stack;
  }
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A process that has loaded one version of the handlers. */
export class HandlerProcess {
  /** The exports that are functions. */
  readonly functions: readonly string[];
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #count = 0;
  #isStopping = false;

  private constructor(child: ChildProcess, functions: readonly string[]) {
    this.#child = child;
    this.functions = functions;
    child.on("message", (message: RuntimeMessage) => this.#settle(message));
    child.once("exit", (code, signal) => {
      const error = new Error(`the handlers' process ended (${signal ?? `exit code ${code}`})`);
      for (const { reject } of this.#pending.values()) reject(error);
      this.#pending.clear();
    });
  }

  /**
   * Starts a process and loads the module in it.
   *
   * @throws what the module threw
   */
  static async start(options: HandlerProcessOptions): Promise<HandlerProcess> {
    const { file, environment, onOutput } = options;
    const child = fork(RUNTIME, [file], {
      env: environment,
      execArgv: [...loaderArguments([file, RUNTIME])],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    eachLine(child.stdout, (line) => onOutput("stdout", line));
    eachLine(child.stderr, (line) => onOutput("stderr", line));
    try {
      return new HandlerProcess(child, await loaded(child));
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** Whether it can still be invoked; the handlers may have ended their process. */
  get isAlive(): boolean {
    return this.#child.connected && !this.#isStopping;
  }

  /** Invokes a handler; rejects with what it throws. */
  invoke(call: HandlerCall): Promise<unknown> {
    const invocation = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#pending.set(invocation, { resolve, reject });
      const message: InvokeMessage = { ...call, invocation };
      this.#child.send(message, (error) => {
        if (error !== null && this.#pending.delete(invocation)) reject(error);
      });
    });
  }

  /** Ends the process when its invocations have ended, which last as long as a Lambda may. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const ends = [...this.#pending.values()].map(
      (pending) =>
        new Promise<void>((resolve) => {
          const { resolve: settle, reject: fail } = pending;
          pending.resolve = (result) => {
            settle(result);
            resolve();
          };
          pending.reject = (error) => {
            fail(error);
            resolve();
          };
        }),
    );
    await Promise.all(ends);
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const ended = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    if (this.#child.connected) this.#child.disconnect();
    await ended;
  }

  #settle(message: RuntimeMessage): void {
    if (message.type !== "returned" && message.type !== "threw") return;
    const pending = this.#pending.get(message.invocation);
    this.#pending.delete(message.invocation);
    if (message.type === "returned") pending?.resolve(message.result);
    else pending?.reject(new HandlerError(message.error));
  }
}

function loaded(child: ChildProcess): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`it was not loaded within ${LOAD_TIMEOUT_MS / 1000} s`));
    }, LOAD_TIMEOUT_MS);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      settle();
    };
    child.once("error", (error) => end(() => reject(error)));
    child.once("exit", (code, signal) => {
      end(() => reject(new Error(`its process ended (${signal ?? `exit code ${code}`})`)));
    });
    child.once("message", (message: RuntimeMessage) => {
      end(() => {
        if (message.type === "loaded") resolve(message.functions);
        else if (message.type === "loadFailed") reject(new HandlerError(message.error));
      });
    });
  });
}

function eachLine(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on("line", onLine);
}
