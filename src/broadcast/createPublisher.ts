import { createTRPCRecursiveProxy } from "@trpc/server";
import { BuilderError } from "../errors.ts";
import { codeOf, teller } from "../events/teller.ts";
import type { ToldAudience } from "../events/types.ts";
import { callErrorHandler } from "../publisher/errorHandler.ts";
import { filterNameOf } from "../store/filterName.ts";
import { definitionOf } from "../subscriptions/definitionOf.ts";
import { unservedProblem } from "../subscriptions/perSubscriber.ts";
import type { TopicTransport } from "./broker.ts";
import type { BroadcastContext } from "./context.ts";
import { type BroadcastTarget, broadcast } from "./publish.ts";
import type { BroadcastPublisherContext } from "./send.ts";
import type {
  BroadcastHistoryReport,
  BroadcastPublisherOptions,
  BroadcastReport,
} from "./types.ts";

/** Brokers answer within a second or not at all; the rest is for tries after that. */
const DEFAULT_DEADLINE_MS = 10_000;

/**
 * Makes a publisher: `routes.a.b.publish(…)` for whatever path is asked for.
 *
 * @throws {@link BuilderError} for a `deadlineMs` that is no number
 */
export function createBroadcastPublisher(
  context: BroadcastContext,
  transport: TopicTransport,
  options: BroadcastPublisherOptions = {},
): { readonly routes: object; cursor(): string } {
  const { deadlineMs = DEFAULT_DEADLINE_MS, onError } = options;
  if (typeof deadlineMs !== "number" || Number.isNaN(deadlineMs)) {
    throw new BuilderError(`publisher(): deadlineMs is ${String(deadlineMs)}, not a number.`);
  }
  const tell = teller(context.app.onEvent, undefined);
  const own: BroadcastPublisherContext = {
    ...context,
    transport,
    deadlineMs,
    report(thrown, at) {
      const error = toError(thrown);
      callErrorHandler(onError, { error, ...at });
      tell?.({ type: "failed", step: "publisher", error, code: codeOf(error), path: at.path });
    },
  };
  return {
    routes: createTRPCRecursiveProxy<object>(({ path, args }) => callVerb(own, path, args)),
    cursor: () => context.eventIds.next(),
  };
}

async function callVerb(
  context: BroadcastPublisherContext,
  path: readonly string[],
  args: readonly unknown[],
): Promise<BroadcastReport | BroadcastHistoryReport> {
  const call = `publisher.routes.${path.join(".")}`;
  const route = path.slice(0, -1).join(".");
  const definition = await definitionOf(context.app, route);
  if (definition === undefined) {
    throw new BuilderError(
      `${call}: the router has no subscription "${route}" made by subscriptions.resolver()`,
    );
  }
  if (path.at(-1) !== "publish") {
    throw new BuilderError(`${call}: the only verb with "${context.broker.name}" is publish.`);
  }
  const { name } = context.broker;
  const engine = { name, keepsEvents: context.store !== undefined };
  const problem = unservedProblem(engine, route, definition);
  if (problem !== undefined) throw new BuilderError(problem);
  return observedPublish(context, { path: route, definition }, args[0]);
}

async function observedPublish(
  context: BroadcastPublisherContext,
  target: BroadcastTarget,
  options: unknown,
): Promise<BroadcastReport | BroadcastHistoryReport> {
  const { path } = target;
  const tell = teller(context.app.onEvent, undefined);
  const startedAt = performance.now();
  try {
    const { report, keys } = await broadcast(context, target, options);
    const durationMs = performance.now() - startedAt;
    const { messageId, topics, sent, failed } = report;
    const told = { messageId, topics, sent, failed, durationMs };
    tell?.({ type: "broadcast", path, filters: audienceOf(keys), ...told });
    return report;
  } catch (thrown) {
    const error = toError(thrown);
    const durationMs = performance.now() - startedAt;
    tell?.({ type: "rejected", call: "publish", path, error, code: codeOf(error), durationMs });
    throw thrown;
  }
}

function audienceOf(keys: readonly (string | undefined)[]): ToldAudience {
  const known = keys.filter((key) => key !== undefined);
  return known.length < keys.length ? "everybody" : [...new Set(known.map(filterNameOf))];
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
