import { InvalidDataError, InvalidFilterError } from "../errors.ts";
import type { Route } from "../store/types.ts";
import { publishKeys } from "../subscriptions/filter.ts";
import type { RouteDefinition } from "../subscriptions/resolver.ts";
import { type Delivery, deliver } from "./deliver.ts";
import { forEachMatch } from "./forEachMatch.ts";
import { GoneConnections } from "./goneConnections.ts";
import type { Addressed } from "./matches.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import { type FramedRoute, framedMatches } from "./subscriberFrames.ts";
import type { PublishReport } from "./types.ts";

/** Option names of `publish`. A misspelt one would otherwise be an absent filter, which means everybody. */
const OPTIONS: ReadonlySet<string> = new Set(["data", "filter"]);

/**
 * Validates and serialises once, finds the subscribers, posts to each. Rejects before anything is read when the call is
 * wrong, and when the first page cannot be read; later failures are counted, so that one subscriber is never another's.
 */
export async function publish(
  context: PublisherContext,
  { path, definition }: Omit<Addressed, "keys">,
  options: unknown,
): Promise<PublishReport> {
  const given = checkOptions(path, options);
  const keys = publishKeys(context.app, path, given);
  const data = await validate(definition, path, given["data"]);
  const matches = framedMatches(context, { path, keys, definition }, data);
  return fanOutFrames(context, path, matches);
}

function checkOptions(path: string, options: unknown): Readonly<Record<string, unknown>> {
  if (typeof options !== "object" || options === null) {
    throw new InvalidFilterError({ path, place: "options" }, "must be an object with `data`");
  }
  for (const name of Object.keys(options)) {
    if (!OPTIONS.has(name)) {
      throw new InvalidFilterError(
        { path, place: `options.${name}` },
        "is not an option of publish",
      );
    }
  }
  if (!Object.hasOwn(options, "data")) {
    throw new InvalidDataError({ path, place: "data" }, "is missing");
  }
  return { ...options };
}

async function validate(
  { schema }: RouteDefinition,
  path: string,
  data: unknown,
): Promise<unknown> {
  if (schema === undefined) return data;
  const result = await schema["~standard"].validate(data);
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const keys = (issue?.path ?? []).map((part) =>
    String(typeof part === "object" ? part.key : part),
  );
  throw new InvalidDataError(
    { path, place: ["data", ...keys].join(".") },
    `does not match the resolver's schema: ${issue?.message ?? "invalid"}`,
  );
}

/** Counts of one fan-out. */
interface Tally {
  matched: number;
  delivered: number;
  gone: number;
  failed: number;
}

async function fanOutFrames(
  context: PublisherContext,
  path: string,
  matches: AsyncIterable<readonly FramedRoute[]>,
): Promise<PublishReport> {
  const tally: Tally = { matched: 0, delivered: 0, gone: 0, failed: 0 };
  const goneConnections = new GoneConnections(context.app, (error, at) =>
    context.report(error, { path, ...at }),
  );
  const work = async (match: FramedRoute, signal: AbortSignal): Promise<void> => {
    const { route } = match;
    tally.matched++;
    const delivery = await frameAndDeliver(context, match, signal);
    if (delivery === "dropped") return;
    tally[delivery.status]++;
    if (delivery.status === "failed") {
      const { connectionId } = route.subscriber;
      context.report(delivery.error, { path, connectionId });
    } else {
      await goneConnections.noteAnswer(route, delivery.status === "gone");
    }
  };
  const { complete } = await forEachMatch(context, { path, matches }, work);
  await goneConnections.finish();
  return { ...tally, complete };
}

async function frameAndDeliver(
  context: PublisherContext,
  match: FramedRoute,
  signal: AbortSignal,
): Promise<Delivery | "dropped"> {
  let frame: string | undefined;
  try {
    frame = await match.frame(signal);
  } catch (error) {
    return { status: "failed", error: error instanceof Error ? error : new Error(String(error)) };
  }
  if (frame === undefined) return "dropped";
  return sendFrame(context, { route: match.route, frame, signal });
}

/** Posts one frame to one row's subscriber. */
export function sendFrame(
  context: PublisherContext,
  {
    route,
    frame,
    signal,
  }: { readonly route: Route; readonly frame: string; readonly signal: AbortSignal },
): Promise<Delivery> {
  const { connectionId } = route.subscriber;
  const { maxAttempts, postTimeoutMs, transport } = context;
  return deliver(transport, { connectionId, frame }, { maxAttempts, postTimeoutMs, signal });
}
