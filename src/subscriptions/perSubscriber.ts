import type { AnyTRPCRouter } from "@trpc/server";
import { BuilderError } from "../errors.ts";
import { loadedDefinitionOf } from "./definitionOf.ts";
import type { RouteDefinition } from "./resolver.ts";

/** What runs, or is kept, for each subscriber by itself; `ctx` and `shards` do nothing without one of them. */
const PARTS = ["onStart", "onGap", "onData", "onStop", "history"] as const;

/** The first part of a resolver that an engine which publishes to topics cannot serve. */
export function perSubscriberPart({ hooks }: RouteDefinition): string | undefined {
  return PARTS.find((part) => hooks[part] !== undefined);
}

/** Why an engine does not serve a route. */
export function perSubscriberProblem(engine: string, path: string, part: string): string {
  return `engine(): "${path}" has ${part}, and "${engine}" sends one message for all subscribers. Take ${part} out of its resolver, or serve it with .store({ store }).`;
}

/**
 * Refuses a router with a route that takes code or history for each subscriber. Lazy routers are looked at when one of
 * their routes is used.
 *
 * @throws {@link BuilderError}
 */
export function refusePerSubscriber(router: AnyTRPCRouter, engine: string): void {
  for (const path of Object.keys(router._def.procedures)) {
    const definition = loadedDefinitionOf({ router }, path);
    const part = definition && perSubscriberPart(definition);
    if (part !== undefined) throw new BuilderError(perSubscriberProblem(engine, path, part));
  }
}
