import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { QueueApiError, queueApiError } from "./queueErrors.ts";
import { QUEUE_ACCOUNT_ID, QUEUE_REGION } from "./queueEvent.ts";
import { type QueueInput, takeOnly, textOf } from "./queueInput.ts";
import type { QueueMessages } from "./queueMessages.ts";
import type { QueueSettings } from "./queueOptions.ts";
import { QueueReceiver } from "./queueReceive.ts";
import { QueueSender } from "./queueSend.ts";

type Action = (input: QueueInput, signal: AbortSignal) => object | Promise<object>;

/** The SQS API of one queue, in AWS JSON 1.0. */
export class QueueApi {
  readonly #settings: QueueSettings;
  readonly #messages: QueueMessages;
  readonly #receiver: QueueReceiver;
  readonly #actions: ReadonlyMap<string, Action>;

  constructor(settings: QueueSettings, messages: QueueMessages) {
    this.#settings = settings;
    this.#messages = messages;
    const sender = new QueueSender(settings, messages);
    const receiver = new QueueReceiver(messages);
    this.#receiver = receiver;
    this.#actions = new Map<string, Action>([
      ["SendMessage", (input) => sender.sendMessage(input)],
      ["SendMessageBatch", (input) => sender.sendMessageBatch(input)],
      ["ReceiveMessage", (input, signal) => receiver.receiveMessage(input, signal)],
      ["DeleteMessage", (input) => receiver.deleteMessage(input)],
      ["DeleteMessageBatch", (input) => receiver.deleteMessageBatch(input)],
      ["GetQueueAttributes", (input) => this.#attributes(input)],
    ]);
  }

  /** Lets the long polls look for messages. */
  wake(): void {
    this.#receiver.wake();
  }

  /** Answers one request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, action = ""] = /^AmazonSQS\.(\w+)$/.exec(header(request, "x-amz-target")) ?? [];
    const call = new AbortController();
    response.once("close", () => call.abort());
    try {
      const answer = await this.#answer(action, await readBody(request), call.signal);
      this.#reply(action, response, { statusCode: 200, body: answer, headers: {} });
    } catch (error) {
      // A caller that hung up before it had sent everything: there is nobody to answer.
      if (request.complete) this.#reply(action, response, failureOf(error));
    }
  }

  async #answer(action: string, body: string, signal: AbortSignal): Promise<object> {
    const act = this.#actions.get(action);
    if (act === undefined) {
      throw new QueueApiError("UnknownOperationException", `The local queue has no "${action}"`);
    }
    const input = inputOf(body);
    if (pathOf(textOf(input, "QueueUrl")) !== queuePath(this.#settings.name)) {
      const message = "The specified queue does not exist.";
      throw queueApiError("QueueDoesNotExist", message, "NonExistentQueue");
    }
    return act(input, signal);
  }

  #attributes(input: QueueInput): object {
    takeOnly(input, ["QueueUrl", "AttributeNames"]);
    const { name, maxMessageBytes, visibilityTimeoutMs } = this.#settings;
    const attributes = Object.entries({
      ApproximateNumberOfMessages: this.#messages.waiting,
      ApproximateNumberOfMessagesNotVisible: this.#messages.size - this.#messages.waiting,
      MaximumMessageSize: maxMessageBytes,
      QueueArn: `arn:aws:sqs:${QUEUE_REGION}:${QUEUE_ACCOUNT_ID}:${name}`,
      VisibilityTimeout: visibilityTimeoutMs / 1000,
    });
    const names = [input["AttributeNames"]].flat();
    const asked = attributes.filter(([one]) => names.includes("All") || names.includes(one));
    return { Attributes: Object.fromEntries(asked.map(([one, value]) => [one, String(value)])) };
  }

  #reply(action: string, response: ServerResponse, { statusCode, body, headers }: Reply): void {
    this.#settings.onEvent({ type: "requested", action, statusCode });
    response.writeHead(statusCode, {
      ...headers,
      "content-type": "application/x-amz-json-1.0",
      "x-amzn-RequestId": randomUUID(),
    });
    response.end(JSON.stringify(body));
  }
}

interface Reply {
  readonly statusCode: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
}

/** Path of a queue's URL. */
export function queuePath(name: string): string {
  return `/${QUEUE_ACCOUNT_ID}/${name}`;
}

function pathOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).pathname : undefined;
}

function inputOf(body: string): QueueInput {
  try {
    return Object(JSON.parse(body));
  } catch (cause) {
    throw new QueueApiError("SerializationException", `The request is no JSON: ${String(cause)}`);
  }
}

function failureOf(error: unknown): Reply {
  const { shape, message, statusCode, code } =
    error instanceof QueueApiError
      ? error
      : new QueueApiError("InternalFailure", String(error), { statusCode: 500 });
  return {
    statusCode,
    body: { __type: `com.amazonaws.sqs#${shape}`, message },
    headers: { "x-amzn-query-error": `${code};${statusCode < 500 ? "Sender" : "Receiver"}` },
  };
}

function header({ headers }: IncomingMessage, name: string): string {
  return [headers[name]].flat()[0] ?? "";
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
