import { createServer, type Server } from "node:http";
import { TaskSet } from "../gateway/taskSet.ts";
import { close, KEEP_ALIVE_MS, listen } from "./listen.ts";
import { QueueApi, queuePath } from "./queueApi.ts";
import { QUEUE_REGION } from "./queueEvent.ts";
import { QueueMapping } from "./queueMapping.ts";
import { type DeadLetter, QueueMessages } from "./queueMessages.ts";
import { type QueueOptions, type QueueSettings, queueSettings } from "./queueOptions.ts";

/** What `new SQSClient(…)` needs to reach the emulator. */
export interface LocalQueueClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A running emulator of an SQS queue. */
export interface LocalQueue {
  /** The queue's URL, for example `http://127.0.0.1:41234/000000000000/local`. */
  readonly url: string;
  /** For SDK clients, for example `http://127.0.0.1:41234`. */
  readonly endpoint: string;
  /** For `new SQSClient(queue.clientConfig)`. */
  readonly clientConfig: LocalQueueClientConfig;
  /** Messages that were received `maxReceiveCount` times without success, oldest first. */
  deadLetters(): readonly DeadLetter[];
  /**
   * Resolves when no message waits or is hidden and no handler is under way. A message still on its way to the queue is
   * unknown to it; without a `handler` somebody else must receive and delete the messages.
   */
  idle(): Promise<void>;
  /**
   * Drops the messages, waits for the handlers and frees the port. Waits no longer for a handler than
   * `lambdaTimeoutMs`. May be called twice.
   */
  stop(): Promise<void>;
}

/** Nobody checks them; the SDK needs them to sign with. */
const CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local" };

/**
 * Starts an emulator of an SQS standard queue for development and tests, with the Lambda event source mapping that feeds
 * a handler from it.
 *
 * @example
 * ```ts
 * const queue = await startQueue({ handler: fanOut });
 * const client = new SQSClient(queue.clientConfig);
 * const publisher = app.publisher({ endpoint, fanOut: sqs({ queueUrl: queue.url, client }) });
 * ```
 * @throws {@link SubscriptionsError} `LOCAL` when the port cannot be taken, or `lambdaTimeoutMs` is more than
 * `visibilityTimeoutMs`
 */
export async function startQueue(options: QueueOptions = {}): Promise<LocalQueue> {
  const settings = queueSettings(options);
  const running = new RunningQueue(settings);
  const endpoint = `http://${await running.listen()}`;
  return {
    url: `${endpoint}${queuePath(settings.name)}`,
    endpoint,
    clientConfig: { endpoint, region: QUEUE_REGION, credentials: CREDENTIALS },
    deadLetters: () => running.deadLetters(),
    idle: () => running.idle(),
    stop: () => running.stop(),
  };
}

class RunningQueue {
  readonly #settings: QueueSettings;
  readonly #server: Server;
  readonly #messages: QueueMessages;
  readonly #mapping: QueueMapping | undefined;
  readonly #api: QueueApi;
  readonly #invocations: TaskSet = new TaskSet();
  readonly #requests: TaskSet = new TaskSet();
  #onEmpty: (() => void)[] = [];

  constructor(settings: QueueSettings) {
    this.#settings = settings;
    const messages = new QueueMessages(settings, () => this.#changed());
    this.#messages = messages;
    this.#api = new QueueApi(settings, messages);
    const { handler } = settings;
    if (handler !== undefined) {
      this.#mapping = new QueueMapping(settings, handler, { messages, tasks: this.#invocations });
    }
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      this.#requests.run(() => this.#api.handle(request, response));
    });
  }

  /** Resolves with the `host:port` to use. */
  listen(): Promise<string> {
    return listen(this.#server, this.#settings);
  }

  deadLetters(): readonly DeadLetter[] {
    return this.#messages.deadLetters();
  }

  async idle(): Promise<void> {
    do {
      await this.#empty();
      await this.#invocations.settled();
    } while (this.#messages.size > 0);
  }

  async stop(): Promise<void> {
    this.#mapping?.stop();
    await this.#invocations.settled();
    await close(this.#server);
    await this.#requests.settled();
    this.#messages.clear();
  }

  #empty(): Promise<void> {
    if (this.#messages.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  #changed(): void {
    this.#mapping?.poll();
    this.#api.wake();
    if (this.#messages.size > 0) return;
    const waiting = this.#onEmpty;
    this.#onEmpty = [];
    for (const resolve of waiting) resolve();
  }
}
