import { BuilderError } from "../errors.ts";
import { definitionOf } from "../subscriptions/definitionOf.ts";
import { publish } from "./publish.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import { complete, count, disconnectMatching } from "./verbs.ts";

export { resume } from "./resume.ts";
export { disconnectConnection } from "./verbs.ts";

/** Calls what a path of properties under `publisher.routes` means. */
export async function callVerb(
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
