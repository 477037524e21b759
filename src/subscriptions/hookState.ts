import type { AnyTRPCRouter } from "@trpc/server";

/** What `onData` and `onStop` get of a subscription: its parsed input and the ctx fields the hooks name. */
export interface HookState {
  readonly input: unknown;
  readonly ctx: Readonly<Record<string, unknown>>;
}

/** Largest stored {@link HookState}, in UTF-16 units; an item of DynamoDB holds 400 KB, and every kilobyte is paid for. */
export const MAX_HOOK_STATE_LENGTH = 16_384;

/** Text of a {@link HookState}, through the router's transformer, so that a `Date` comes back as one. */
export function encodeHookState(router: AnyTRPCRouter, state: HookState): string {
  return JSON.stringify(router._def._config.transformer.input.serialize(state));
}

/** The {@link HookState} that {@link encodeHookState} was given; without a transformer a `Date` comes back as text. */
export function decodeHookState(router: AnyTRPCRouter, text: string | undefined): HookState {
  if (text === undefined) return { input: undefined, ctx: {} };
  const state: unknown = router._def._config.transformer.input.deserialize(JSON.parse(text));
  if (!isRecord(state)) throw new TypeError(NOT_OURS);
  const { input, ctx = {} } = state;
  if (!isRecord(ctx)) throw new TypeError(NOT_OURS);
  return { input, ctx };
}

const NOT_OURS = "the table holds for a hook what somebody else wrote, and no input and ctx";

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
