import { BuilderError } from "../errors.ts";
import type { CreateResolver } from "./createResolver.ts";
import { checkedHistory, type History } from "./history.ts";
import { checkedHooks, type RouteHooks } from "./hooks.ts";
import { idleUntilAborted } from "./idle.ts";
import type { StandardSchemaV1 } from "./standardSchema.ts";
import type { ResolverOptions } from "./subscriptionResolver.ts";

/** On a resolver function: its {@link RouteDefinition}. Known to every copy of this package. */
const DEFINITION = Symbol.for("trpc-aws-subscriptions.definition");
/** In the options of a call: who wants to know what the resolver saw. */
const CAPTURE = Symbol.for("trpc-aws-subscriptions.capture");

/** What `resolver()` was given. */
export interface RouteDefinition {
  /** Validates published data; absent for `resolver<T>()`. */
  readonly schema: StandardSchemaV1 | undefined;
  /** Empty without hooks. */
  readonly hooks: RouteHooks;
  /** Number of partitions the route's rows are spread over, at least 1. */
  readonly shards: number;
  /** Absent when events are not kept. */
  readonly history?: History;
}

/** What the resolver of a subscription was called with. */
export interface Capture {
  /** Parsed input. */
  readonly input: unknown;
  /** Context after middleware. */
  readonly ctx: unknown;
  readonly definition: RouteDefinition;
}

/** See {@link CreateResolver}. */
export const createResolver: CreateResolver = (
  schemaOrHooks?: StandardSchemaV1 | RouteHooks,
  hooks?: RouteHooks,
) => {
  const definition = isSchema(schemaOrHooks)
    ? defineRoute(schemaOrHooks, hooks)
    : defineRoute(undefined, schemaOrHooks);
  const resolve = (options: ResolverOptions<unknown, unknown>): AsyncIterable<never, void> => {
    const capture: unknown = Reflect.get(options, CAPTURE);
    if (typeof capture === "function") {
      capture({ input: options.input, ctx: options.ctx, definition } satisfies Capture);
    }
    return idleUntilAborted(options.signal);
  };
  return Object.defineProperty(resolve, DEFINITION, { value: definition });
};

function defineRoute(
  schema: StandardSchemaV1 | undefined,
  hooks: RouteHooks | undefined,
): RouteDefinition {
  if (hooks !== undefined && (typeof hooks !== "object" || hooks === null)) {
    throw new BuilderError(
      "resolver(): expected a Standard Schema or hooks. zod has been one since 3.24, valibot since 1.0.",
    );
  }
  const checked = checkedHooks(hooks ?? {});
  return Object.freeze({
    schema,
    hooks: checked,
    shards: checked.shards ?? 1,
    ...(checked.history !== undefined && { history: checkedHistory(checked.history) }),
  });
}

function isSchema(value: unknown): value is StandardSchemaV1 {
  // arktype's schemas are functions.
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    "~standard" in value
  );
}

/**
 * Options to add to those of `callTRPCProcedure`, which tRPC hands through to the resolver: `onCapture` is called, at
 * once and at most once per resolver that runs, with what it saw.
 */
export function captureOptions(onCapture: (capture: Capture) => void): object {
  return { [CAPTURE]: onCapture };
}

/** What a procedure's resolver was made of; `undefined` when it was not made by `resolver()`. */
export function definitionIn(resolver: unknown): RouteDefinition | undefined {
  return typeof resolver === "function" && DEFINITION in resolver
    ? (resolver[DEFINITION] as RouteDefinition)
    : undefined;
}
