import { startTimer } from "../gateway/timer.ts";
import { QueueApiError } from "./queueErrors.ts";
import { systemAttributes } from "./queueEvent.ts";
import { entriesOf, numberOf, type QueueInput, takeOnly, textOf } from "./queueInput.ts";
import type { QueueMessages, ReceivedMessage } from "./queueMessages.ts";

/** @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
const MAX_RECEIVED = 10;
const MAX_WAIT_SECONDS = 20;
const MAX_VISIBILITY_SECONDS = 12 * 60 * 60;

const RECEIPT_HANDLE = /^[0-9a-f-]{36}$/;

/** The actions of a consumer that polls. */
export class QueueReceiver {
  readonly #messages: QueueMessages;
  readonly #polls = new Set<() => void>();

  constructor(messages: QueueMessages) {
    this.#messages = messages;
  }

  /** Wakes the long polls, to look again. */
  wake(): void {
    for (const look of [...this.#polls]) look();
  }

  /** @param signal - aborted when nobody waits for the answer any more */
  async receiveMessage(input: QueueInput, signal: AbortSignal): Promise<object> {
    takeOnly(input, [
      "QueueUrl",
      "MaxNumberOfMessages",
      "VisibilityTimeout",
      "WaitTimeSeconds",
      "AttributeNames",
      "MessageSystemAttributeNames",
    ]);
    const most = numberOf(input, "MaxNumberOfMessages", {
      least: 1,
      most: MAX_RECEIVED,
      byDefault: 1,
    });
    const visibility = numberOf(input, "VisibilityTimeout", {
      least: 0,
      most: MAX_VISIBILITY_SECONDS,
      byDefault: undefined,
    });
    const wait = numberOf(input, "WaitTimeSeconds", {
      least: 0,
      most: MAX_WAIT_SECONDS,
      byDefault: 0,
    });
    if (this.#messages.waiting === 0 && wait > 0) await this.#longPoll(wait * 1000, signal);
    if (signal.aborted) return {};
    const received = this.#messages.receive(most, visibility && visibility * 1000);
    const names = [input["AttributeNames"], input["MessageSystemAttributeNames"]].flat();
    return received.length === 0 ? {} : { Messages: received.map((one) => shown(one, names)) };
  }

  deleteMessage(input: QueueInput): object {
    takeOnly(input, ["QueueUrl", "ReceiptHandle"]);
    const receiptHandle = textOf(input, "ReceiptHandle");
    if (!RECEIPT_HANDLE.test(receiptHandle)) {
      const message = `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`;
      throw new QueueApiError("ReceiptHandleIsInvalid", message, { statusCode: 404 });
    }
    this.#messages.delete(receiptHandle);
    this.#messages.announce();
    return {};
  }

  deleteMessageBatch(input: QueueInput): object {
    takeOnly(input, ["QueueUrl", "Entries"]);
    const successful: object[] = [];
    const failed: object[] = [];
    for (const { id, input: entry } of entriesOf(input)) {
      const receiptHandle = textOf(entry, "ReceiptHandle");
      if (RECEIPT_HANDLE.test(receiptHandle)) {
        this.#messages.delete(receiptHandle);
        successful.push({ Id: id });
      } else {
        failed.push({ Id: id, Code: "ReceiptHandleIsInvalid", SenderFault: true });
      }
    }
    this.#messages.announce();
    return { Successful: successful, Failed: failed };
  }

  /** Waits until a message may be received, the time is over, or nobody asks any more. */
  async #longPoll(waitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const look = (): void => {
      if (this.#messages.waiting > 0) end();
    };
    const timer = startTimer(waitMs, end);
    signal.addEventListener("abort", end);
    this.#polls.add(look);
    await ended;
    this.#polls.delete(look);
    signal.removeEventListener("abort", end);
    clearTimeout(timer);
  }
}

function shown(message: ReceivedMessage, names: readonly unknown[]): object {
  const attributes = Object.entries(systemAttributes(message)).filter(
    ([name]) => names.includes("All") || names.includes(name),
  );
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: message.md5OfBody,
    ...(attributes.length === 0 ? {} : { Attributes: Object.fromEntries(attributes) }),
  };
}
