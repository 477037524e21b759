import type { LambdaContext } from "../adapters/api-gateway/event.ts";
import { SubscriptionsError } from "../errors.ts";
import type { BatchCrash } from "./batchInvocation.ts";
import type { QueueEvent } from "./queueEvent.ts";
import type { QueueObservation } from "./queueObservation.ts";

/** A Lambda handler as the queue's event source mapping calls it; it gets its own copy of the event. */
export type QueueHandler = (
  event: QueueEvent,
  context: Required<LambdaContext>,
) => Promise<unknown>;

/** An answer for a message that is sent, instead of the real one. */
export interface SendFault {
  /** For example `InternalError` or `InvalidMessageContents`. */
  readonly code: string;
  /** @defaultValue the code */
  readonly message?: string;
  /** True says that another try is of no use. @defaultValue false */
  readonly senderFault?: boolean;
  /** Whether the queue takes the message although it says otherwise. @defaultValue false */
  readonly taken?: boolean;
}

/** Where an invocation dies; see {@link BatchCrash}. */
export type QueueCrash = BatchCrash;

/** Options of `startQueue`. */
export interface QueueOptions {
  /** Gets the messages, as through a Lambda event source mapping. @defaultValue none: messages wait to be received */
  readonly handler?: QueueHandler;
  /** TCP port; 0 takes a free one. @defaultValue 0 */
  readonly port?: number;
  /** Address to listen on. @defaultValue "127.0.0.1" */
  readonly host?: string;
  /** @defaultValue "local" */
  readonly name?: string;
  /** Time after which a message that was received and not deleted can be received again. @defaultValue 30,000 */
  readonly visibilityTimeoutMs?: number;
  /**
   * Time after which a message that a handler failed comes again. 0 is at once: for tests, SQS waits.
   *
   * @defaultValue what is left of `visibilityTimeoutMs`
   */
  readonly redeliveryDelayMs?: number;
  /**
   * Times a message is received before it goes to the dead letters; `Infinity` never.
   *
   * @defaultValue 5, the least that AWS advises with Lambda
   * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   */
  readonly maxReceiveCount?: number;
  /** Messages in one invocation at most. @defaultValue 10, as with Lambda */
  readonly batchSize?: number;
  /** Invocations under way at once. @defaultValue 10 */
  readonly maxConcurrency?: number;
  /**
   * What `getRemainingTimeInMillis()` counts down from. A handler that runs longer counts as failed and is not waited
   * for any more, but cannot be killed.
   *
   * @defaultValue `visibilityTimeoutMs`; Lambda refuses more
   */
  readonly lambdaTimeoutMs?: number;
  /**
   * Whether `batchItemFailures` is read. False is a mapping that forgot `FunctionResponseTypes`: what a handler returns
   * is ignored, and messages it failed are lost.
   *
   * @defaultValue true
   */
  readonly reportBatchItemFailures?: boolean;
  /** Largest message, and largest sum of a batch, in bytes. @defaultValue 1,048,576, as SQS since August 2025 */
  readonly maxMessageBytes?: number;
  /** Called with everything that happens, synchronously. It must not throw. */
  readonly onEvent?: (observation: QueueObservation) => void;
  /** Fault injection: answers a message that is sent instead of the queue; `undefined` lets it through. */
  readonly onSend?: (body: string) => SendFault | undefined;
  /** Fault injection: true invokes the handler twice, side by side, with the same event. */
  readonly duplicate?: (event: QueueEvent) => boolean;
  /** Fault injection: lets an invocation die; its whole batch comes again. */
  readonly crash?: (event: QueueEvent) => QueueCrash | undefined;
}

type Hooks = "handler" | "redeliveryDelayMs" | "onSend" | "duplicate" | "crash";

/** The options with their defaults. */
export type QueueSettings = Required<Omit<QueueOptions, Hooks>> & Pick<QueueOptions, Hooks>;

const DEFAULTS = {
  port: 0,
  host: "127.0.0.1",
  name: "local",
  visibilityTimeoutMs: 30_000,
  maxReceiveCount: 5,
  batchSize: 10,
  maxConcurrency: 10,
  reportBatchItemFailures: true,
  maxMessageBytes: 1024 * 1024,
  onEvent: () => undefined,
} as const satisfies QueueOptions;

/**
 * Fills in the defaults.
 *
 * @throws {@link SubscriptionsError} `LOCAL` when the handler may run longer than its messages stay hidden
 */
export function queueSettings(options: QueueOptions): QueueSettings {
  const { visibilityTimeoutMs } = { ...DEFAULTS, ...options };
  const settings = { ...DEFAULTS, lambdaTimeoutMs: visibilityTimeoutMs, ...options };
  if (settings.lambdaTimeoutMs > visibilityTimeoutMs) {
    throw new SubscriptionsError(
      "LOCAL",
      `lambdaTimeoutMs is ${settings.lambdaTimeoutMs}, more than visibilityTimeoutMs, ${visibilityTimeoutMs}: Lambda refuses that, because messages would come again while they are worked on`,
    );
  }
  return settings;
}
