/** A message as a queue's handler gets it. */
export interface QueueMessage {
  /** The queue's own; the same every time the message is delivered. */
  readonly id: string;
  readonly body: string;
  /** Times the message was delivered, this one included; at least 1. Approximate. */
  readonly receiveCount: number;
}

/**
 * Where a fan-out too large for one process goes on. It delivers each message at least once, in any order.
 *
 * @typeParam TEvent - what the queue's handler is invoked with
 * @typeParam TResult - what that handler answers with
 */
export interface FanOutQueue<TEvent = never, TResult = unknown> {
  /** Subscribers that a publish posts to itself; the rest of a larger audience goes to the queue. */
  readonly threshold: number;
  /** Largest message to send, in UTF-8 bytes; what would be larger is kept in the store and sent by reference. */
  readonly maxMessageBytes: number;

  /**
   * Sends messages. No messages are no call.
   *
   * @throws {@link QueueError} rejects with it when any message was not taken; its `unsent` says which
   */
  send(messages: readonly string[], signal?: AbortSignal): Promise<void>;

  /**
   * Runs `work` for the messages of an event, one after the other, and answers which failed: those for which `work`
   * rejects. They are delivered again. Why one failed is for `work` to report: the answer has no place for it.
   *
   * @throws {@link QueueError} `notItsEvent` rejects with it when the event is not of this queue; no work was done
   */
  receive(event: TEvent, work: (message: QueueMessage) => Promise<void>): Promise<TResult>;
}
