import { type LambdaOutcome, runLambda } from "../gateway/invoke.ts";
import type { TaskSet } from "../gateway/taskSet.ts";
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
    const ended = await this.#lambda(event);
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

  async #lambda(event: QueueEvent): Promise<LambdaOutcome> {
    const crash = this.#settings.crash?.(event);
    if (crash === "beforeWork") return CRASHED;
    const ended = await runLambda(
      async (context) => asJson(await this.#handler(structuredClone(event), context)),
      this.#settings.lambdaTimeoutMs,
    );
    return crash === "afterWork" ? CRASHED : ended;
  }
}

const CRASHED: LambdaOutcome = { outcome: "threw", error: new Error("Runtime exited: crash") };

const all = (): boolean => true;
const none = (): boolean => false;

/**
 * Which messages of a batch failed.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
function failuresOf(
  ended: LambdaOutcome,
  messageIds: readonly string[],
  reportBatchItemFailures: boolean,
): (messageId: string) => boolean {
  if (ended.outcome === "threw") return all;
  if (!reportBatchItemFailures) return none;
  const response = ended.result;
  if (response === null) return none;
  if (!isRecord(response)) return all;
  const failures = response["batchItemFailures"] ?? [];
  if (!Array.isArray(failures)) return all;
  const failed = failures.map((failure) => isRecord(failure) && failure["itemIdentifier"]);
  const isReadable = failed.every((id) => typeof id === "string" && messageIds.includes(id));
  return isReadable ? (messageId) => failed.includes(messageId) : all;
}

/** What arrives of a handler's result. */
function asJson(result: unknown): unknown {
  const text: string | undefined = JSON.stringify(result);
  return JSON.parse(text ?? "null");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
