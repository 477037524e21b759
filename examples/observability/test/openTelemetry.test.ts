import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { OnEvent } from "trpc-aws-subscriptions";
import { expect, it, onTestFinished } from "vitest";
import { openTelemetry } from "../openTelemetry.ts";
import { runChain } from "./chain.ts";

/** Runs something inside a span; the spans and the metrics that it led to. */
async function traced(work: (onEvent: OnEvent) => Promise<void> = runChain) {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const spans = new InMemorySpanExporter();
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter });
  const meters = new MeterProvider({ readers: [reader] });
  onTestFinished(async () => {
    context.disable();
    await Promise.all([tracers.shutdown(), meters.shutdown()]);
  });
  const tracer = tracers.getTracer("test");
  const invocation = tracer.startSpan("invocation");
  await context.with(trace.setSpan(context.active(), invocation), () =>
    work(openTelemetry({ tracer, meter: meters.getMeter("test") })),
  );
  invocation.end();
  await reader.forceFlush();
  const [all] = exporter.getMetrics();
  const points = (name: string) =>
    (all?.scopeMetrics ?? [])
      .flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) =>
        dataPoints.map(({ attributes, value }) => ({ attributes, value })),
      );
  return { spans: spans.getFinishedSpans(), invocation, points };
}

it("writes spans below the one that is active, with what failed", async () => {
  const { spans, invocation } = await traced();
  const told = spans.slice(0, -1);
  expect(told.map(({ name, kind, status }) => [name, kind, status.code])).toEqual([
    ["connected", SpanKind.SERVER, SpanStatusCode.UNSET],
    ["subscribed onNote", SpanKind.SERVER, SpanStatusCode.UNSET],
    ["called", SpanKind.SERVER, SpanStatusCode.ERROR],
    ["published onNote", SpanKind.PRODUCER, SpanStatusCode.UNSET],
    ["published onNote", SpanKind.PRODUCER, SpanStatusCode.UNSET],
    ["rejected onNote", SpanKind.SERVER, SpanStatusCode.ERROR],
    ["disconnected", SpanKind.SERVER, SpanStatusCode.UNSET],
  ]);
  const { spanId } = invocation.spanContext();
  expect(told.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
    told.map(() => spanId),
  );
  expect(told[1]?.attributes).toMatchObject({
    "subscriptions.filters": ["byRoom"],
    "subscriptions.rows": 3,
  });
  expect(told[5]?.events.map(({ name }) => name)).toEqual(["exception"]);
  const texts = JSON.stringify(told.map(({ attributes, events }) => [attributes, events]));
  expect(texts).not.toContain("canary");
});

it("counts events, rows and recipients", async () => {
  const { points } = await traced();
  expect(points("subscriptions.rows")).toEqual([{ attributes: { path: "onNote" }, value: 3 }]);
  const recipient = (outcome: string, value: number) => ({
    attributes: { path: "onNote", outcome },
    value,
  });
  expect(points("subscriptions.recipients")).toEqual([
    ...[recipient("delivered", 1), recipient("gone", 0), recipient("failed", 0)],
  ]);
  expect(points("subscriptions.events")).toContainEqual({
    attributes: { type: "published", path: "onNote" },
    value: 2,
  });
});

it("ends a span when it is told, and measures in seconds", async () => {
  const { spans, points } = await traced(async (onEvent) =>
    onEvent({ type: "connected", connectionId: "c", durationMs: 1_500 }),
  );
  expect(spans[0]?.duration).toEqual([1, 500_000_000]);
  expect(points("subscriptions.duration")).toMatchObject([{ value: { sum: 1.5, count: 1 } }]);
});
