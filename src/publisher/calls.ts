import { BuilderError } from "../errors.ts";
import { definitionOf } from "../subscriptions/definitionOf.ts";
import { observedCall } from "./observed.ts";
import { publish } from "./publish.ts";
import type { PublisherContext } from "./publisherOptions.ts";
import { resume } from "./resume.ts";
import type { PublishReport, ResumeOptions } from "./types.ts";
import { complete, count, disconnectConnection, disconnectMatching } from "./verbs.ts";

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
  const at = { path: route };
  switch (verb) {
    case "publish":
      return observedCall(context, { call: verb, ...at }, (own) => publish(own, target, args[0]));
    case "complete":
      return observedCall(context, { call: verb, ...at }, (own) => complete(own, target, args));
    case "count":
      return observedCall(context, { call: verb, ...at }, (own) => count(own, target, args));
    case "disconnect":
      return observedCall(context, { call: verb, ...at }, (own) =>
        disconnectMatching(own, target, args),
      );
    default:
      throw new BuilderError(`publisher.routes.${path.join(".")} is not a function`);
  }
}

/** `publisher.disconnect`. */
export function callDisconnect(context: PublisherContext, connectionId: string): Promise<void> {
  return observedCall(context, { call: "disconnect" }, (own) =>
    disconnectConnection(own, connectionId),
  );
}

/** `publisher.resume`. */
export function callResume(
  context: PublisherContext,
  cursor: unknown,
  options: ResumeOptions | undefined,
): Promise<PublishReport> {
  return observedCall(context, { call: "resume" }, (own) => resume(own, cursor, options));
}
