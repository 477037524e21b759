import { TRPCError } from "@trpc/server";
import { type OptionCheck, optional, shown } from "../../errors/checkOptions.ts";

/** Also of apps with a scheme of their own, such as `capacitor://localhost`, and of `file://` in some of them. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*]*$/;

/**
 * What is no list is compared in another way: a text lets in every origin that is a part of it. What no browser sends is
 * no origin, and lets nobody in.
 */
export const listOfOrigins: OptionCheck = optional((origins) => {
  if (!Array.isArray(origins)) {
    return `is ${shown(origins)}. It is a list, for example ["https://example.com"]`;
  }
  const wrong = origins.findIndex((origin: unknown) => !isOrigin(origin));
  if (wrong === -1) return undefined;
  const hint =
    origins[wrong] === "*"
      ? "Leave allowedOrigins out where every origin may connect"
      : `Give it as browsers send it, for example ${shown(sentFor(origins[wrong]))}`;
  return `has ${shown(origins[wrong])}, which matches nobody. ${hint}`;
});

/** A page without an origin, in a sandbox for example, sends `null` as a text. */
function isOrigin(value: unknown): boolean {
  if (typeof value !== "string" || !(value === "null" || ORIGIN.test(value))) return false;
  return !isWebAddress(value) || sentFor(value) === value;
}

function isWebAddress(text: string): boolean {
  return /^https?:/i.test(text);
}

/** What browsers send for a web address: in lower case, without the port that is its default, without a path. */
function sentFor(value: unknown): string {
  return typeof value === "string" && isWebAddress(value) && URL.canParse(value)
    ? new URL(value).origin
    : "https://example.com";
}

/** @throws TRPCError for a handshake of a page that may not connect */
export function checkOrigin(
  allowedOrigins: readonly string[] | undefined,
  { origin, cookie }: Readonly<Record<string, string | undefined>>,
): void {
  if (allowedOrigins === undefined) return;
  const isAllowed = origin === undefined ? cookie === undefined : allowedOrigins.includes(origin);
  if (isAllowed) return;
  throw new TRPCError({
    code: "FORBIDDEN",
    message:
      origin === undefined
        ? "A handshake with a cookie needs an Origin header"
        : `Origin "${origin}" is not among allowedOrigins`,
  });
}
