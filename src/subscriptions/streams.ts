import { filterKey } from "../store/filterKeys.ts";
import type { App } from "./app.ts";
import { subscriberFields } from "./filter.ts";

/**
 * Every filter text that a publish which reaches a subscriber can have, and `undefined` for a publish to the whole
 * route: where to look for what it missed.
 */
export function subscriberStreams(
  app: Pick<App, "filters">,
  subscriber: { readonly path: string; readonly input: unknown; readonly ctx: unknown },
): readonly (string | undefined)[] {
  const streams = (app.filters.get(subscriber.path) ?? []).flatMap((filter) => {
    const ctx = subscriberFields(filter, "ctx", subscriber.ctx);
    const input = subscriberFields(filter, "input", subscriber.input);
    if (ctx === undefined || input === undefined) return [];
    const whole = filterKey({ name: filter.name, ctx, input });
    return ctx.length > 0 && input.length > 0
      ? [whole, filterKey({ name: filter.name, ctx })]
      : [whole];
  });
  return [undefined, ...streams];
}
