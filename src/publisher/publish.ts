import { InvalidDataError, InvalidFilterError, InvalidOptionError } from "../errors.ts";
import { isWellFormed } from "../protocol/keyText.ts";
import { publishKeys } from "../subscriptions/filter.ts";
import type { RouteDefinition } from "../subscriptions/resolver.ts";
import type { StandardSchemaResult } from "../subscriptions/standardSchema.ts";
import { callLimit } from "./callLimit.ts";
import type { HistoryPublishReport } from "./historyTypes.ts";
import { newJob } from "./job.ts";
import type { Target } from "./matches.ts";
import { tellPublished } from "./observed.ts";
import { createPayload } from "./payload.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import { publishKept } from "./publishKept.ts";
import { runAndReport } from "./runAndReport.ts";
import type { PublishReport } from "./types.ts";
import { withDeadline } from "./withDeadline.ts";

/** Option names of `publish`. A misspelt one would otherwise be an absent filter, which means everybody. */
const OPTIONS: ReadonlySet<string> = new Set(["data", "filter", "signal", "deadlineMs"]);

/**
 * Validates and serialises once, finds the subscribers, posts to each. Rejects before anything is read when the call is
 * wrong, and when the first page cannot be read; later failures are counted, so that one subscriber is never another's.
 */
export async function publish(
  context: PublisherContext,
  target: Target,
  options: unknown,
): Promise<PublishReport | HistoryPublishReport> {
  const { path, definition } = target;
  const given = checkOptions(target, options);
  const limit = callLimit(context, `publish on "${path}"`, given);
  const keys = publishKeys(context.app, path, given);
  const key = publishKeyOf(path, given);
  const data = await validate(definition, path, given["data"]);
  const { history } = definition;
  if (history !== undefined) {
    return publishKept(context, { target, history, limit }, { keys, data, key });
  }
  const payload = createPayload(context, target, data);
  const run = { target, payload, job: newJob(context, { path, keys }), isKept: false };
  const report = await withDeadline(limit, (signals) => runAndReport(context, run, signals));
  tellPublished(context, run, { ...report, by: "publish", duplicates: 0 });
  return report;
}

function checkOptions(
  { path, definition }: Target,
  options: unknown,
): Readonly<Record<string, unknown>> {
  if (typeof options !== "object" || options === null) {
    throw new InvalidFilterError({ path, place: "options" }, "must be an object with `data`");
  }
  for (const name of Object.keys(options)) {
    if (!OPTIONS.has(name) && !(name === "key" && definition.history !== undefined)) {
      throw new InvalidFilterError(
        { path, place: `options.${name}` },
        "is not an option of publish",
      );
    }
  }
  if (!Object.hasOwn(options, "data")) {
    throw new InvalidDataError({ path, place: "data" }, "is missing");
  }
  // One that is inherited or not enumerable is not copied, and without a filter everybody is meant.
  return "filter" in options ? { ...options, filter: options.filter } : { ...options };
}

/** The publisher's own name for the event, if it gave one. */
function publishKeyOf(path: string, { key }: { readonly key?: unknown }): string | undefined {
  if (key === undefined || (typeof key === "string" && key !== "" && isWellFormed(key))) return key;
  throw new InvalidOptionError(`publish on "${path}"`, "key", "must be a text that is not empty");
}

/** A validator is not to throw, but its recursion may end where that of the data does not. */
async function validated(
  schema: NonNullable<RouteDefinition["schema"]>,
  path: string,
  data: unknown,
): Promise<StandardSchemaResult<unknown>> {
  try {
    return await schema["~standard"].validate(data);
  } catch (cause) {
    const problem = `cannot be validated: ${String(cause)}`;
    throw new InvalidDataError({ path, place: "data" }, problem, { cause });
  }
}

async function validate(
  { schema }: RouteDefinition,
  path: string,
  data: unknown,
): Promise<unknown> {
  if (schema === undefined) return data;
  const result = await validated(schema, path, data);
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
