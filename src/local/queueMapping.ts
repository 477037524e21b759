import type { TaskSet } from "../gateway/taskSet.ts";
import { failuresOf, invokeBatch } from "./batchInvocation.ts";
import { type QueueEvent, queueEvent } from "./queueEvent.ts";
import type { QueueMessages, ReceivedMessage } from "./queueMessages.ts";
import type { QueueHandler, QueueSettings } from "./queueOptions.ts";

/** The Lambda event source mapping: gives waiting messages to the handler, and settles them by its answer. */
export class QueueMapping {
  readonly #settings: QueueSettings;
  readonly #handler: QueueHandler;
  readonly #messages: QueueMessages;
  readonly #tasks: TaskSet;
  #running = 0;
  #isStopped = false;

  /** @param tasks - gets every invocation */
  constructor(
    settings: QueueSettings,
    handler: QueueHandler,
    { messages, tasks }: { readonly messages: QueueMessages; readonly tasks: TaskSet },
  ) {
    this.#settings = settings;
    this.#handler = handler;
    this.#messages = messages;
    this.#tasks = tasks;
  }

  /** Starts as many invocations as there are messages and room for. */
  poll(): void {
    const { maxConcurrency, batchSize } = this.#settings;
    while (!this.#isStopped && this.#messages.waiting > 0 && this.#running < maxConcurrency) {
      const batch = this.#messages.receive(batchSize);
      this.#running += 1;
      this.#tasks.run(async () => {
        await this.#deliver(batch);
        this.#running -= 1;
        this.poll();
      });
    }
  }

  /** Starts no more invocations. */
  stop(): void {
    this.#isStopped = true;
  }

  async #deliver(batch: readonly ReceivedMessage[]): Promise<void> {
    const event = queueEvent(batch, this.#settings.name);
    const times = this.#settings.duplicate?.(event) === true ? 2 : 1;
    await Promise.all(Array.from({ length: times }, () => this.#invoke(batch, event)));
  }

  async #invoke(batch: readonly ReceivedMessage[], event: QueueEvent): Promise<void> {
    const startedAt = performance.now();
    const { crash, lambdaTimeoutMs } = this.#settings;
    const fate = { crash: crash?.(event), lambdaTimeoutMs };
    const ended = await invokeBatch(this.#handler, event, fate);
    const messageIds = batch.map(({ messageId }) => messageId);
    const isFailed = failuresOf(ended, messageIds, this.#settings.reportBatchItemFailures);
    this.#settings.onEvent({
      type: "invoked",
      messageIds,
      failedIds: messageIds.filter(isFailed),
      durationMs: performance.now() - startedAt,
      outcome: ended.outcome,
      error: ended.outcome === "threw" ? ended.error : undefined,
    });
    const { redeliveryDelayMs } = this.#settings;
    for (const { messageId, receiptHandle } of batch) {
      if (!isFailed(messageId)) this.#messages.delete(receiptHandle);
      else if (redeliveryDelayMs !== undefined) {
        this.#messages.giveBack(receiptHandle, redeliveryDelayMs);
      }
    }
    this.#messages.announce();
  }
}
