import {
  type Attributes,
  type Meter,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { OnEvent, SubscriptionsEvent } from "trpc-aws-subscriptions";

/** What {@link openTelemetry} writes with: `trace.getTracer(name)` and `metrics.getMeter(name)` of `@opentelemetry/api`. */
export interface OpenTelemetry {
  readonly tracer: Tracer;
  readonly meter: Meter;
}

/** A span that is over when we hear of it. */
interface Told {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly durationMs: number;
  /** What failed; absent when all is well. */
  readonly failure?: { readonly code: string; readonly error?: Error };
}

/**
 * Writes events as spans and metrics. A span is a child of what is active where the event happens, for example the
 * invocation's own of the Lambda instrumentation.
 */
export function openTelemetry({ tracer, meter }: OpenTelemetry): OnEvent {
  const events = meter.createCounter("subscriptions.events");
  const rows = meter.createCounter("subscriptions.rows");
  const recipients = meter.createCounter("subscriptions.recipients");
  const refusals = meter.createCounter("subscriptions.refusals");
  const duration = meter.createHistogram("subscriptions.duration", { unit: "s" });
  return (event) => {
    const { type } = event;
    const path = "path" in event && event.path !== undefined ? { path: event.path } : {};
    const code = "code" in event && event.code !== undefined ? { code: event.code } : {};
    events.add(1, { type, ...path, ...code });
    if (type === "subscribed") rows.add(event.rows, path);
    if (type === "throttled") refusals.add(event.times, { by: event.by });
    if (type === "failed") trace.getActiveSpan()?.recordException(event.error);
    if (type === "published") {
      for (const outcome of ["delivered", "gone", "failed"] as const) {
        recipients.add(event[outcome], { ...path, outcome });
      }
    }
    const span = spanOf(event);
    if (span === undefined) return;
    duration.record(span.durationMs / 1_000, { type, ...path, ...code });
    endedSpan(tracer, span);
  };
}

function endedSpan(tracer: Tracer, { name, kind, attributes, durationMs, failure }: Told): void {
  const endTime = Date.now();
  const span = tracer.startSpan(name, { kind, attributes, startTime: endTime - durationMs });
  if (failure !== undefined) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: failure.code });
    if (failure.error !== undefined) span.recordException(failure.error, endTime);
  }
  span.end(endTime);
}

/** Events with a duration are spans; the others are counted alone. */
function spanOf(event: SubscriptionsEvent): Told | undefined {
  if (!("durationMs" in event)) return undefined;
  const { type, durationMs, ...fields } = event;
  const path = "path" in event ? event.path : undefined;
  const failure = failureOf(event);
  return {
    name: path === undefined ? type : `${type} ${path}`,
    kind: type === "published" ? SpanKind.PRODUCER : SpanKind.SERVER,
    attributes: attributesOf(fields),
    durationMs,
    ...(failure && { failure }),
  };
}

function failureOf(event: SubscriptionsEvent): Told["failure"] {
  switch (event.type) {
    case "connectionRefused":
      return { code: event.code };
    case "called":
      return event.code === undefined ? undefined : { code: event.code };
    case "rejected":
      return { code: event.code, error: event.error };
    case "published":
      return event.complete && event.failed === 0 ? undefined : { code: "INCOMPLETE" };
    default:
      return undefined;
  }
}

/** `subscriptions.connectionId` and so on; errors are no attributes. */
function attributesOf(fields: object): Attributes {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => !(value instanceof Error))
      .map(([name, value]) => [`subscriptions.${name}`, value]),
  );
}
