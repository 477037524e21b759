import { createTRPCRecursiveProxy } from "@trpc/server";
import { BuilderError } from "../../errors.ts";
import { EventIds } from "../../protocol/eventId.ts";
import type { App } from "../../subscriptions/app.ts";

/** An outbox before its types: `routes.a.b.publish(…)` for whatever path is asked for. */
export interface UntypedOutbox {
  readonly routes: unknown;
}

/** Makes the outbox of an app. It keeps nothing between two calls but the last id that it made. */
export function createOutbox(app: App): UntypedOutbox {
  const { outbox } = app.store;
  if (outbox === undefined) {
    throw new BuilderError(
      "outbox(): the store has no stream of changes. The one on DynamoDB has.",
    );
  }
  const context = { app, outbox, eventIds: new EventIds(() => Date.now()) };
  return {
    routes: createTRPCRecursiveProxy(async ({ path, args: [options] }) => {
      // The handlers of a chain do without it.
      const { callOutbox } = await import("./callOutbox.ts");
      return callOutbox(context, path, options);
    }),
  };
}
