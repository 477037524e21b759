import { PayloadTooLargeError, TransportError } from "../errors.ts";
import { utf8Bytes } from "../protocol/keyText.ts";
import { inTime } from "../publisher/withDeadline.ts";
import type { Broker, TopicMessage, TopicOutcome, TopicTransport } from "./broker.ts";
import type { BroadcastContext } from "./context.ts";

/** What a publisher works with. */
export interface BroadcastPublisherContext extends BroadcastContext {
  readonly transport: TopicTransport;
  readonly deadlineMs: number;
  /** Tells of what could not be done. */
  readonly report: (error: unknown, at: { readonly path: string; readonly topic?: string }) => void;
}

/** What became of the messages of one publish. */
export interface Sending {
  /** How many there were. */
  readonly topics: number;
  readonly sent: number;
  readonly failed: number;
  /** Of the first that failed. */
  readonly error?: TransportError;
}

/** @throws {@link PayloadTooLargeError} for a body that is larger than the broker takes */
export function refuseTooLarge(
  { name, maxPayloadBytes }: Broker,
  path: string,
  body: string,
): void {
  const bytes = utf8Bytes(body);
  if (bytes <= maxPayloadBytes) return;
  throw new PayloadTooLargeError(path, bytes, { maxBytes: maxPayloadBytes, by: name });
}

/** Sends a publish's messages, and reports those that failed. Never rejects. */
export async function send(
  context: BroadcastPublisherContext,
  { path, messages }: { readonly path: string; readonly messages: readonly TopicMessage[] },
  signal: AbortSignal,
): Promise<Sending> {
  const outcomes = await outcomesOf(context, messages, signal);
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === "failed" ? [{ ...outcome, topic: messages[index]?.topic ?? "" }] : [],
  );
  for (const { error, topic } of failures) context.report(error, { path, topic });
  const [first] = failures;
  return {
    topics: messages.length,
    sent: messages.length - failures.length,
    failed: failures.length,
    ...(first !== undefined && { error: first.error }),
  };
}

/** One outcome for each message, whatever the transport does. */
async function outcomesOf(
  { transport, broker }: BroadcastPublisherContext,
  messages: readonly TopicMessage[],
  signal: AbortSignal,
): Promise<readonly TopicOutcome[]> {
  if (messages.length === 0) return [];
  if (signal.aborted) return messages.map(() => failedWith("there was no time left to send it"));
  try {
    const outcomes = await inTime(broker.name, signal, () =>
      transport.publish(messages, { signal }),
    );
    return messages.map((_, index) => outcomes[index] ?? failedWith("its fate is not known"));
  } catch (cause) {
    return messages.map(() => failedWith(String(cause), cause));
  }
}

function failedWith(problem: string, cause?: unknown): TopicOutcome {
  const error =
    cause instanceof TransportError ? cause : new TransportError("transient", problem, { cause });
  return { status: "failed", error };
}
