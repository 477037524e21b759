import { InvalidDataError, InvalidFilterError, InvalidOptionError } from "../errors.ts";
import { isWellFormed } from "../protocol/keyText.ts";
import { publishKeys } from "../subscriptions/filter.ts";
import type { RouteDefinition } from "../subscriptions/resolver.ts";
import type { StandardSchemaResult } from "../subscriptions/standardSchema.ts";
import { trackedParts } from "./event.ts";
import type { Keys } from "./job.ts";
import type { Target } from "./matches.ts";
import type { PublisherContext } from "./publisherOptions.ts";

/** Option names of `publish`. A misspelt one would otherwise be an absent filter, which means everybody. */
const NAMES = ["data", "filter", "signal", "deadlineMs"];

/** What a publish was asked for, checked. */
export interface PublishInput {
  readonly keys: Keys;
  /** After the resolver's schema. */
  readonly data: unknown;
  /** The publisher's own name for the event, if it gave one. */
  readonly key: string | undefined;
  /** Not yet checked. */
  readonly deadlineMs?: unknown;
  /** Not yet checked. */
  readonly signal?: unknown;
}

/**
 * Reads the options of a publish.
 *
 * @throws {@link InvalidFilterError} {@link InvalidDataError} {@link InvalidOptionError}
 */
export async function readPublish(
  { app }: { readonly app: Pick<PublisherContext["app"], "filters"> },
  target: Target,
  { options, names }: { readonly options: unknown; readonly names?: readonly string[] },
): Promise<PublishInput> {
  const { path, definition } = target;
  const usual = definition.history === undefined ? NAMES : [...NAMES, "key"];
  const given = checkOptions(path, options, names ?? usual);
  const { deadlineMs, signal } = given;
  const keys = publishKeys(app, path, given);
  const key = publishKeyOf(path, given);
  const data = await validate(definition, path, given["data"]);
  return { keys, data, key, deadlineMs, signal };
}

function checkOptions(
  path: string,
  options: unknown,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof options !== "object" || options === null) {
    throw new InvalidFilterError({ path, place: "options" }, "must be an object with `data`");
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new InvalidFilterError(
        { path, place: `options.${name}` },
        "is not an option of publish",
      );
    }
  }
  if (!Object.hasOwn(options, "data")) {
    throw new InvalidDataError({ path, place: "data" }, "is missing");
  }
  const data: unknown = Reflect.get(options, "data");
  // As JSON it is {}.
  if (isThenable(data) || isThenable(trackedParts(data)?.data)) {
    throw new InvalidDataError({ path, place: "data" }, "is a promise. Await it first");
  }
  // One that is inherited or not enumerable is not copied, and without a filter everybody is meant.
  return "filter" in options ? { ...options, filter: options.filter } : { ...options };
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
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
