import type { StoredSubscription } from "../store/types.ts";
import type { App } from "../subscriptions/app.ts";
import { definitionOf } from "../subscriptions/definitionOf.ts";
import { decodeHookState } from "../subscriptions/hookState.ts";

/** Told of a failure that must not stop the work around it. */
export type Report = (
  error: unknown,
  at: { readonly path?: string; readonly connectionId?: string },
) => void;

/**
 * Closes a connection in the store, removes its subscriptions and runs their `onStop`. Safe to repeat; a repeated call
 * may run `onStop` again.
 *
 * @returns how many subscriptions it had
 */
export async function endConnection(
  app: App,
  connectionId: string,
  report: Report,
): Promise<number> {
  const ended = await app.store.disconnect(connectionId);
  await Promise.all(ended.map((subscription) => runStopHook(app, subscription, report)));
  return ended.length;
}

/** Runs `onStop` of a subscription that is no longer stored; its failure is reported, nothing else. */
export async function runStopHook(
  app: App,
  { connectionId, path, hookState }: StoredSubscription,
  report: Report,
): Promise<void> {
  try {
    const definition = await definitionOf(app, path);
    if (definition?.hooks.onStop === undefined) return;
    const { input, ctx } = decodeHookState(app.router, hookState);
    await definition.hooks.onStop({ input, ctx, path, connectionId });
  } catch (error) {
    report(error, { path, connectionId });
  }
}
