import type { StoredSubscription } from "../store/types.ts";
import type { App } from "../subscriptions/app.ts";
import { definitionOf } from "../subscriptions/definitionOf.ts";
import { decodeHookState } from "../subscriptions/hookState.ts";
import { type TimeLimit, withTimeout } from "./deliver.ts";

/** Told of a failure that must not stop the work around it. */
export type Report = (
  error: unknown,
  at: { readonly path?: string; readonly connectionId?: string },
) => void;

/** How `onStop` is run. */
export interface StopHookOptions {
  readonly report: Report;
  /** For how long it is waited for; absent where the caller waits no longer than it may anyway. */
  readonly limit?: Pick<TimeLimit, "timeoutMs" | "signal">;
}

/**
 * Closes a connection in the store, removes its subscriptions and runs their `onStop`. Safe to repeat; a repeated call
 * may run `onStop` again.
 *
 * @returns how many subscriptions it had
 */
export async function endConnection(
  app: App,
  connectionId: string,
  options: StopHookOptions,
): Promise<number> {
  const ended = await app.store.disconnect(connectionId);
  await runStopHooks(app, ended, options);
  return ended.length;
}

/** Runs `onStop` of subscriptions that are no longer stored, side by side. Never rejects. */
export async function runStopHooks(
  app: App,
  ended: readonly StoredSubscription[],
  options: StopHookOptions,
): Promise<void> {
  await Promise.all(ended.map((subscription) => runStopHook(app, subscription, options)));
}

/**
 * Runs `onStop` of a subscription that is no longer stored; its failure is reported, nothing else. One that is not waited
 * for any longer counts as failed, and may still end.
 */
export async function runStopHook(
  app: App,
  { connectionId, path, hookState }: StoredSubscription,
  { report, limit }: StopHookOptions,
): Promise<void> {
  const run = async (): Promise<void> => {
    const definition = await definitionOf(app, path);
    if (definition?.hooks.onStop === undefined) return;
    const { input, ctx } = decodeHookState(app.router, hookState);
    await definition.hooks.onStop({ input, ctx, path, connectionId });
  };
  try {
    const from = `onStop of "${path}"`;
    await (limit === undefined ? run() : withTimeout({ ...limit, from }, run));
  } catch (error) {
    report(error, { path, connectionId });
  }
}
