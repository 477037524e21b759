import { invalidParameter, QueueApiError, queueApiError } from "./queueErrors.ts";
import { entriesOf, type QueueInput, takeOnly, textOf } from "./queueInput.ts";
import type { AddedMessage, QueueMessages } from "./queueMessages.ts";
import type { QueueSettings, SendFault } from "./queueOptions.ts";

/**
 * Everything but the characters of XML 1.0.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const INVALID_CHARACTERS = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

const INVALID_CONTENTS: SendFault = {
  code: "InvalidMessageContents",
  message: "Invalid characters found in the message. See the W3C specification of XML 1.0.",
  senderFault: true,
};

/** The two actions that send. */
export class QueueSender {
  readonly #settings: QueueSettings;
  readonly #messages: QueueMessages;

  constructor(settings: QueueSettings, messages: QueueMessages) {
    this.#settings = settings;
    this.#messages = messages;
  }

  sendMessage(input: QueueInput): object {
    takeOnly(input, ["QueueUrl", "MessageBody"]);
    const body = textOf(input, "MessageBody");
    const { maxMessageBytes } = this.#settings;
    if (Buffer.byteLength(body) > maxMessageBytes) {
      throw invalidParameter(
        `One or more parameters are invalid. Reason: Message must be shorter than ${maxMessageBytes} bytes.`,
      );
    }
    const sent = this.#take(body);
    this.#messages.announce();
    if ("code" in sent) {
      const statusCode = sent.senderFault === true ? 400 : 500;
      throw new QueueApiError(sent.code, sent.message ?? sent.code, { statusCode });
    }
    return { MessageId: sent.messageId, MD5OfMessageBody: sent.md5OfBody };
  }

  sendMessageBatch(input: QueueInput): object {
    takeOnly(input, ["QueueUrl", "Entries"]);
    const entries = entriesOf(input).map(({ id, input: entry }) => {
      takeOnly(entry, ["Id", "MessageBody"]);
      return { id, body: textOf(entry, "MessageBody") };
    });
    this.#checkSum(entries.map(({ body }) => body));
    const successful: object[] = [];
    const failed: object[] = [];
    for (const { id, body } of entries) {
      const sent = this.#take(body);
      if ("code" in sent) {
        const { code, message = code, senderFault = false } = sent;
        failed.push({ Id: id, Code: code, Message: message, SenderFault: senderFault });
      } else {
        const { messageId, md5OfBody } = sent;
        successful.push({ Id: id, MessageId: messageId, MD5OfMessageBody: md5OfBody });
      }
    }
    this.#messages.announce();
    return { Successful: successful, Failed: failed };
  }

  #checkSum(bodies: readonly string[]): void {
    const { maxMessageBytes } = this.#settings;
    const bytes = bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);
    if (bytes <= maxMessageBytes) return;
    throw queueApiError(
      "BatchRequestTooLong",
      `Batch requests cannot be longer than ${maxMessageBytes} bytes. You have sent ${bytes} bytes.`,
    );
  }

  #take(body: string): AddedMessage | SendFault {
    if (INVALID_CHARACTERS.test(body)) return INVALID_CONTENTS;
    const fault = this.#settings.onSend?.(body);
    if (fault !== undefined && fault.taken !== true) return fault;
    const added = this.#messages.add(body);
    return fault ?? added;
  }
}
