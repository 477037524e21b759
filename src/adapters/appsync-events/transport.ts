import type { TopicMessage, TopicOutcome, TopicTransport } from "../../broadcast/broker.ts";
import { BuilderError, TransportError } from "../../errors.ts";
import { type EventVerdict, isPassing, verdictsOf } from "./answer.ts";
import { type Batch, type BatchEvent, batchesOf, requestBody } from "./batches.ts";
import { publishUrl } from "./endpoint.ts";
import type { AppSyncPublisherOptions } from "./publisherOptions.ts";
import { type Endpoint, post } from "./request.ts";
import { requestHeaders } from "./requestHeaders.ts";

const REQUEST_TIMEOUT_MS = 3_000;
/** Of one publish. Each takes a connection, of which a Lambda function has some hundreds. */
const MAX_REQUESTS_AT_ONCE = 50;
/** With full jitter: half a minute at the most, so that a publish without a deadline ends as well. */
const MAX_TRIES = 10;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;

/**
 * Publishes over HTTP: events of one channel five at a time, requests side by side. What was throttled, failed on AppSync's
 * side or had no answer is sent again until the signal aborts, so that an event may arrive twice; the clients' link drops
 * the second.
 *
 * @throws {@link BuilderError} for options that cannot be used
 * @throws {@link InvalidEndpointError} for a `url` that is none
 */
export function appSyncTransport(options: AppSyncPublisherOptions): TopicTransport {
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  if (!(requestTimeoutMs > 0)) {
    throw new BuilderError(
      `publisher(): requestTimeoutMs is ${requestTimeoutMs}; it must be above 0.`,
    );
  }
  const url = publishUrl(options.url);
  const endpoint: Endpoint = { url, headers: requestHeaders(url, options), requestTimeoutMs };
  return {
    publish: async (messages, { signal }) => {
      const waiting = batchesOf(messages).values();
      const outcomes: Outcome[] = [];
      const sender = async (): Promise<void> => {
        for (const batch of waiting) outcomes.push(...(await sendBatch(endpoint, batch, signal)));
      };
      await Promise.all(Array.from({ length: MAX_REQUESTS_AT_ONCE }, sender));
      return inOrder(messages, outcomes);
    },
  };
}

type Outcome = readonly [event: BatchEvent, verdict: EventVerdict];

function inOrder(
  messages: readonly TopicMessage[],
  outcomes: readonly Outcome[],
): readonly TopicOutcome[] {
  const byIndex = new Map(outcomes.map(([{ index }, verdict]) => [index, verdict]));
  return messages.map((_, index) => byIndex.get(index) ?? failed("nothing is known of it"));
}

/** Never rejects. */
async function sendBatch(
  endpoint: Endpoint,
  { channel, events }: Batch,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<BatchEvent, EventVerdict>();
  let pending = events;
  for (let tries = 1; pending.length > 0; tries++) {
    const verdicts = await sendOnce(endpoint, { channel, events: pending }, signal);
    for (const [event, verdict] of verdicts) outcomes.set(event, verdict);
    pending = verdicts.filter(([, verdict]) => mayPass(verdict)).map(([event]) => event);
    if (pending.length === 0 || tries === MAX_TRIES || signal.aborted) break;
    await pause(backoffMs(tries), signal);
    if (signal.aborted) break;
  }
  return [...outcomes];
}

async function sendOnce(
  endpoint: Endpoint,
  { channel, events }: Batch,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const verdicts = await post(endpoint, requestBody(channel, events), signal).then(
    (response) => verdictsOf(response, events.length),
    (error: unknown): readonly EventVerdict[] =>
      events.map(() => ({ status: "failed", error: transportError(error) })),
  );
  return events.map((event, index) => [event, verdicts[index] ?? failed("nothing is known of it")]);
}

function mayPass(verdict: EventVerdict): boolean {
  return verdict.status === "failed" && isPassing(verdict.error);
}

/** What a provider of credentials throws is whatever it likes. */
function transportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TransportError("unknown", `AppSync Events: ${message}`, { cause: error });
}

function failed(problem: string): EventVerdict {
  return { status: "failed", error: new TransportError("unknown", `AppSync Events: ${problem}`) };
}

function backoffMs(tries: number): number {
  return Math.random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (tries - 1));
}

/** Resolves early when the signal aborts; leaves no timer. */
function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener("abort", end);
  });
}
