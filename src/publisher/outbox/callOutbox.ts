import { BuilderError } from "../../errors.ts";
import type { EventIds } from "../../protocol/eventId.ts";
import type { OutboxStore } from "../../store/types.ts";
import type { App } from "../../subscriptions/app.ts";
import { definitionOf } from "../../subscriptions/definitionOf.ts";
import { callLimit } from "../callLimit.ts";
import { checkKept, eventToKeep, keepEvent } from "../keepEvent.ts";
import { readPublish } from "../publishInput.ts";
import { withDeadline } from "../withDeadline.ts";

/** Option names of each verb. */
const NAMES = {
  publish: ["data", "filter", "key", "signal"],
  transactItems: ["data", "filter", "key"],
} as const;

/** What the verbs of an outbox work with. */
interface OutboxContext {
  readonly app: App;
  readonly outbox: OutboxStore;
  readonly eventIds: EventIds;
}

/** Calls what a path of properties under `outbox.routes` means. */
export async function callOutbox(
  context: OutboxContext,
  path: readonly string[],
  options: unknown,
): Promise<unknown> {
  const { app, outbox } = context;
  const verb = path.at(-1);
  if (verb !== "publish" && verb !== "transactItems") {
    throw new BuilderError(`outbox.routes.${path.join(".")} is not a function`);
  }
  const route = path.slice(0, -1).join(".");
  const definition = await definitionOf(app, route);
  const history = definition?.history;
  if (definition === undefined || history === undefined) {
    throw new BuilderError(
      `outbox.routes.${path.join(".")}: the router has no subscription "${route}" with history`,
    );
  }
  const target = { path: route, definition };
  const input = await readPublish(context, target, { options, names: NAMES[verb] });
  checkKept(context, target, input);
  const event = { ...input, outbox: true } as const;
  if (verb === "transactItems") {
    const kept = eventToKeep(context, { target, history }, event);
    return { eventId: kept.cursor, items: [...outbox.itemsOf(kept)] };
  }
  const limit = callLimit({ deadlineMs: Number.POSITIVE_INFINITY }, `publish on "${route}"`, input);
  return withDeadline(limit, async ({ stop: signal }) => {
    const kept = await keepEvent(context, { target, history, signal }, event);
    return { eventId: kept.cursor, ...(kept.repeated && { repeated: true }) };
  });
}
