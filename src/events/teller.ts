import type { OnEvent, SubscriptionsEvent } from "./types.ts";

/** Tells `onEvent`; never throws. */
export type Tell = (event: SubscriptionsEvent) => void;

/**
 * Makes a {@link Tell}; `undefined` when there is nobody to tell, so that no event needs to be made.
 *
 * @param onThrown - given what `onEvent` throws; without it that is written to the console, since nobody else would know
 */
export function teller(
  onEvent: OnEvent | undefined,
  onThrown: ((error: unknown) => void) | undefined,
): Tell | undefined {
  if (onEvent === undefined) return undefined;
  const fail = onThrown ?? writeToConsole;
  return (event) => {
    try {
      const returned: unknown = onEvent(event);
      if (returned instanceof Promise) returned.catch(fail);
    } catch (error) {
      fail(error);
    }
  };
}

function writeToConsole(error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: the last place where a broken onEvent can be noticed
  console.error("trpc-aws-subscriptions: onEvent threw", error);
}

/** The code of an error, or else its name. */
export function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
