import { createHash, randomUUID } from "node:crypto";
import { startTimer } from "../gateway/timer.ts";
import type { QueueSettings } from "./queueOptions.ts";

/** A message that was received and is hidden from others now. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly body: string;
  readonly md5OfBody: string;
  /** Epoch milliseconds. */
  readonly sentAtMs: number;
  /** Epoch milliseconds. */
  readonly firstReceivedAtMs: number;
  readonly receiveCount: number;
  /** Names this receipt: to delete the message, or to give it back. */
  readonly receiptHandle: string;
}

/** What a sender is told of a message that was taken. */
export interface AddedMessage {
  readonly messageId: string;
  readonly md5OfBody: string;
}

/** A message that was given up. */
export interface DeadLetter {
  readonly messageId: string;
  readonly body: string;
  /** Times it was received. */
  readonly receiveCount: number;
}

interface Stored {
  readonly messageId: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly sentAtMs: number;
  firstReceivedAtMs: number | undefined;
  receiveCount: number;
  /** Of the last receipt; an older one has no power over the message any more. */
  receiptHandle: string | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** The messages of a queue: waiting, hidden after a receipt, or dead. */
export class QueueMessages {
  readonly #settings: QueueSettings;
  readonly #onChanged: () => void;
  readonly #stored = new Map<string, Stored>();
  readonly #waiting = new Set<Stored>();
  readonly #receipts = new Map<string, Stored>();
  readonly #deadLetters: DeadLetter[] = [];

  /** @param onChanged - called when messages began to wait, or are gone */
  constructor(settings: QueueSettings, onChanged: () => void) {
    this.#settings = settings;
    this.#onChanged = onChanged;
  }

  /** Messages waiting or hidden. */
  get size(): number {
    return this.#stored.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  deadLetters(): readonly DeadLetter[] {
    return [...this.#deadLetters];
  }

  /** Takes a message. */
  add(body: string): AddedMessage {
    const message = newMessage(body);
    const { messageId } = message;
    this.#stored.set(messageId, message);
    this.#waiting.add(message);
    this.#settings.onEvent({ type: "sent", messageId, body });
    return message;
  }

  /**
   * Tells what changed. To be called after `add`, `delete` and `giveBack`, for a whole batch at once: what comes together
   * is received together.
   */
  announce(): void {
    this.#onChanged();
  }

  /** Hides the messages that wait longest and gives them out. */
  receive(
    maxMessages: number,
    visibilityTimeoutMs: number = this.#settings.visibilityTimeoutMs,
  ): readonly ReceivedMessage[] {
    return [...this.#waiting].slice(0, maxMessages).map((message) => {
      const receiptHandle = randomUUID();
      this.#waiting.delete(message);
      this.#forgetReceipt(message);
      message.receiptHandle = receiptHandle;
      message.receiveCount += 1;
      message.firstReceivedAtMs ??= Date.now();
      this.#receipts.set(receiptHandle, message);
      message.timer = this.#showAfter(visibilityTimeoutMs, message);
      return { ...message, firstReceivedAtMs: message.firstReceivedAtMs, receiptHandle };
    });
  }

  /** Removes the message of a receipt, unless it was received again since. */
  delete(receiptHandle: string): void {
    const message = this.#receipts.get(receiptHandle);
    if (message !== undefined) this.#remove(message);
  }

  /** Ends the hiding of a message after a time, unless it was received again since or is gone. */
  giveBack(receiptHandle: string, delayMs: number): void {
    const message = this.#receipts.get(receiptHandle);
    if (message === undefined) return;
    clearTimeout(message.timer);
    if (delayMs <= 0) this.#show(message);
    else message.timer = this.#showAfter(delayMs, message);
  }

  /** Drops every message, and every timer. */
  clear(): void {
    for (const message of [...this.#stored.values()]) this.#remove(message);
    this.#onChanged();
  }

  #showAfter(delayMs: number, message: Stored): NodeJS.Timeout | undefined {
    return startTimer(delayMs, () => {
      this.#show(message);
      this.#onChanged();
    });
  }

  #show(message: Stored): void {
    const { messageId, body, receiveCount } = message;
    if (receiveCount >= this.#settings.maxReceiveCount) {
      this.#remove(message);
      this.#deadLetters.push({ messageId, body, receiveCount });
      this.#settings.onEvent({ type: "deadLettered", messageId, body, receiveCount });
    } else {
      this.#waiting.add(message);
    }
  }

  #remove(message: Stored): void {
    this.#forgetReceipt(message);
    this.#waiting.delete(message);
    this.#stored.delete(message.messageId);
  }

  #forgetReceipt(message: Stored): void {
    clearTimeout(message.timer);
    if (message.receiptHandle !== undefined) this.#receipts.delete(message.receiptHandle);
  }
}

function newMessage(body: string): Stored {
  return {
    messageId: randomUUID(),
    body,
    md5OfBody: createHash("md5").update(body).digest("hex"),
    sentAtMs: Date.now(),
    firstReceivedAtMs: undefined,
    receiveCount: 0,
    receiptHandle: undefined,
    timer: undefined,
  };
}
