import type { FanOutQueue, QueueMessage } from "../../../src/publisher/queue.ts";
import type { Fault, WorkerProcess } from "./workerProcess.ts";

/** A message, and when it can be received. */
interface Waiting extends QueueMessage {
  readonly visibleAtMs: number;
}

/** What the queue's handler answers: whether the message is to come again. */
export interface Received {
  readonly isFailed: boolean;
}

/** A queue of one kind of message, in memory: at least once, in any order, dead letters after some times. */
export class WorkerQueue {
  /** Bodies that were taken. */
  readonly sent: string[] = [];
  /** Bodies that were received too often. */
  readonly dead: string[] = [];
  readonly #settings: { readonly visibilityMs: number; readonly maxReceiveCount: number };
  #messages: readonly Waiting[] = [];
  #ids = 0;

  constructor(settings: { readonly visibilityMs: number; readonly maxReceiveCount: number }) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#messages.length;
  }

  /** The queue as a process sees it. */
  of(
    process: WorkerProcess,
    options: Partial<Pick<FanOutQueue, "threshold" | "maxMessageBytes" | "send">> = {},
  ): FanOutQueue<QueueMessage, Received> {
    return {
      threshold: options.threshold ?? 0,
      maxMessageBytes: options.maxMessageBytes ?? 65_536,
      send: options.send ?? ((bodies) => process.call("send", async () => this.#take(bodies))),
      receive: async (message, work) => {
        try {
          await work(message);
          return { isFailed: false };
        } catch {
          return { isFailed: true };
        }
      },
    };
  }

  /** Messages that can be received now. */
  visible(): readonly QueueMessage[] {
    return this.#messages.filter(({ visibleAtMs }) => visibleAtMs <= Date.now());
  }

  /** Time until one can be. */
  hiddenMs(): number {
    return Math.min(...this.#messages.map(({ visibleAtMs }) => visibleAtMs)) - Date.now();
  }

  /** Hides a message; `undefined` when that was once too often. */
  receive({ id }: QueueMessage): QueueMessage | undefined {
    const message = this.#messages.find((each) => each.id === id);
    if (message === undefined) throw new Error(`there is no message ${id}`);
    const receiveCount = message.receiveCount + 1;
    if (receiveCount > this.#settings.maxReceiveCount) {
      this.delete(message);
      this.dead.push(message.body);
      return undefined;
    }
    const visibleAtMs = Date.now() + this.#settings.visibilityMs;
    const hidden = { ...message, receiveCount, visibleAtMs };
    this.#messages = this.#messages.map((each) => (each === message ? hidden : each));
    return hidden;
  }

  /** A message that somebody else sent. */
  put(body: string): void {
    this.#take([body]);
  }

  delete({ id }: Pick<QueueMessage, "id">): void {
    this.#messages = this.#messages.filter((each) => each.id !== id);
  }

  #take(bodies: readonly string[]): void {
    for (const body of bodies) {
      this.sent.push(body);
      const message = { id: `m${this.#ids++}`, body, receiveCount: 0, visibleAtMs: 0 };
      this.#messages = [...this.#messages, message];
    }
  }
}

/** A queue whose `send` is the test's, for publishers alone. */
export function queueWith(
  send: (bodies: readonly string[], signal?: AbortSignal) => Promise<void>,
  threshold: number,
): FanOutQueue<QueueMessage> {
  const receive = () => Promise.reject(new Error("it has no workers"));
  return { threshold, maxMessageBytes: 65_536, send, receive };
}

/** The queue took it; its answer does not arrive. */
export const lostSend: Fault = { at: "send", call: 0, kind: "fail", isAfter: true };
