import type { AnyTRPCRouter } from "@trpc/server";
import { BuilderError } from "../errors.ts";
import { loadedDefinitionOf } from "./definitionOf.ts";
import type { RouteDefinition } from "./resolver.ts";

/** What runs for each subscriber by itself, and what is stored for it. */
const PER_SUBSCRIBER = ["onStart", "onGap", "onData", "onStop", "ctx"] as const;

/** What decides whether an engine serves a route. */
interface ServingEngine {
  /** For error messages. */
  readonly name: string;
  /** It has a store for events. */
  readonly keepsEvents: boolean;
}

/** Why an engine that publishes to topics does not serve a route; `undefined` when it does. */
export function unservedProblem(
  { name, keepsEvents }: ServingEngine,
  path: string,
  { hooks }: RouteDefinition,
): string | undefined {
  const part = PER_SUBSCRIBER.find((each) => hooks[each] !== undefined);
  if (part !== undefined) return partProblem(name, path, part);
  return hooks.history === undefined || keepsEvents
    ? undefined
    : `engine(): "${path}" has history, and "${name}" has no store to keep its events. Give the engine a store, as { store: dynamodb({ … }) }, or take history out of its resolver.`;
}

function partProblem(engine: string, path: string, part: string): string {
  return `engine(): "${path}" has ${part}, and "${engine}" sends one message for all subscribers. Take ${part} out of its resolver, or serve it with .store({ store }).`;
}

/**
 * Refuses a router with a route that takes code for each subscriber, or history that nobody keeps. Lazy routers are looked at when one of
 * their routes is used.
 *
 * @throws {@link BuilderError}
 */
export function refuseUnserved(router: AnyTRPCRouter, engine: ServingEngine): void {
  for (const path of Object.keys(router._def.procedures)) {
    const definition = loadedDefinitionOf({ router }, path);
    const problem = definition && unservedProblem(engine, path, definition);
    if (problem !== undefined) throw new BuilderError(problem);
  }
}
