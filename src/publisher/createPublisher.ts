import { createTRPCRecursiveProxy } from "@trpc/server";
import { BuilderError } from "../errors.ts";
import { definitionOf } from "../subscriptions/definitionOf.ts";
import { publish } from "./publish.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import { complete, count, disconnectConnection, disconnectMatching } from "./verbs.ts";

/** A publisher before its types: `routes.a.b.publish(…)` for whatever path is asked for. */
export interface UntypedPublisher {
  readonly routes: unknown;
  disconnect(connectionId: string): Promise<void>;
}

/** Makes the publisher of an app. Holds no state between two calls. */
export function createPublisher(context: PublisherContext): UntypedPublisher {
  return {
    routes: createTRPCRecursiveProxy(({ path, args }) => callVerb(context, path, args)),
    async disconnect(connectionId) {
      await disconnectConnection(context, connectionId);
    },
  };
}

async function callVerb(
  context: PublisherContext,
  path: readonly string[],
  args: readonly unknown[],
): Promise<unknown> {
  const route = path.slice(0, -1).join(".");
  const verb = path.at(-1);
  const definition = await definitionOf(context.app, route);
  if (definition === undefined) {
    throw new BuilderError(
      `publisher.routes.${path.join(".")}: the router has no subscription "${route}" made by subscriptions.resolver()`,
    );
  }
  const target = { path: route, definition };
  switch (verb) {
    case "publish":
      return publish(context, target, args[0]);
    case "complete":
      return complete(context, target, args);
    case "count":
      return count(context, target, args);
    case "disconnect":
      return disconnectMatching(context, target, args);
    default:
      throw new BuilderError(`publisher.routes.${path.join(".")} is not a function`);
  }
}
