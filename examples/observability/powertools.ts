import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit as Unit } from "@aws-lambda-powertools/metrics";
import type { OnEvent, SubscriptionsEvent } from "trpc-aws-subscriptions";

/** What {@link powertools} writes with. */
export interface Powertools {
  readonly logger: Logger;
  /** One made for this alone: whatever it holds is written with the next event. */
  readonly metrics: Metrics;
}

type Measure = readonly [name: string, unit: (typeof Unit)[keyof typeof Unit], value: number];

/** What CloudWatch is told of an event: measures that share their dimensions. */
interface Measured {
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly measures: readonly Measure[];
}

/** Writes events with Powertools for AWS Lambda: a log line each, and metrics in the embedded metric format (EMF). */
export function powertools({ logger, metrics }: Powertools): OnEvent {
  return (event) => {
    log(logger, event);
    const { dimensions = {}, measures } = measured(event);
    if (measures.length === 0) return;
    metrics.addDimensions({ ...dimensions });
    for (const [name, unit, value] of measures) metrics.addMetric(name, unit, value);
    metrics.publishStoredMetrics();
  };
}

/** An event holds nothing that a log must not have. */
function log(logger: Logger, event: SubscriptionsEvent): void {
  const { type, ...fields } = event;
  if (type === "rejected" || (type === "failed" && isFault(fields))) logger.error(type, fields);
  else if (type === "throttled" || type === "connectionRefused") logger.warn(type, fields);
  else if (type === "published" && !event.complete) logger.warn(type, fields);
  else logger.debug(type, fields);
}

/** Whether it is ours to look at: in a handler most are answers that a client asked for. */
function isFault(fields: object): boolean {
  return "code" in fields && !CLIENT_CODES.has(String(fields.code));
}

const CLIENT_CODES: ReadonlySet<string> = new Set([
  ...["PARSE_ERROR", "BAD_REQUEST", "UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND", "CONFLICT"],
  ...["PRECONDITION_FAILED", "PAYLOAD_TOO_LARGE", "UNPROCESSABLE_CONTENT", "TOO_MANY_REQUESTS"],
]);

/**
 * Few dimensions, all with few values: each combination is a custom metric that is paid for. Never a connection or the
 * id of a subscription.
 */
function measured(event: SubscriptionsEvent): Measured {
  switch (event.type) {
    case "connected":
      return { measures: [count("Connected"), duration("ConnectDuration", event)] };
    case "connectionRefused":
      return { dimensions: { code: event.code }, measures: [count("ConnectionsRefused")] };
    case "disconnected":
      return { measures: [count("Disconnected")] };
    case "subscribed":
      return {
        dimensions: { path: event.path },
        measures: [
          count("Subscribed"),
          count("RowsWritten", event.rows),
          duration("SubscribeDuration", event),
        ],
      };
    case "unsubscribed":
      return { dimensions: { path: event.path }, measures: [count("Unsubscribed")] };
    case "called":
      return {
        dimensions: { path: event.path ?? "unknown", code: event.code ?? "OK" },
        measures: [count("Calls"), duration("CallDuration", event)],
      };
    case "published":
      return {
        dimensions: { path: event.path },
        measures: [
          count("Published"),
          count("Matched", event.matched),
          count("Delivered", event.delivered),
          count("Gone", event.gone),
          count("Failed", event.failed),
          count("Incomplete", event.complete ? 0 : 1),
          duration("PublishDuration", event),
        ],
      };
    case "throttled":
      return { dimensions: { by: event.by }, measures: [count("Throttled", event.times)] };
    case "failed":
      return { dimensions: { step: event.step, code: event.code }, measures: [count("Errors")] };
    case "rejected":
      return { dimensions: { call: event.call, code: event.code }, measures: [count("Rejected")] };
    default:
      return { measures: [] };
  }
}

function count(name: string, value: number = 1): Measure {
  return [name, Unit.Count, value];
}

function duration(name: string, { durationMs }: { readonly durationMs: number }): Measure {
  return [name, Unit.Milliseconds, durationMs];
}
