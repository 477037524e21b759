import { isSubscriptionsError } from "../errors.ts";

/** What a command can not do, with what to do about it; one line for whoever called it. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
}

/** Errors of the SDK that are about who asks, not what is asked. */
const CREDENTIAL_PROBLEMS = new Set([
  "CredentialsProviderError",
  "UnrecognizedClientException",
  "ExpiredTokenException",
  "InvalidSignatureException",
]);

/** One line for a person: what went wrong, and the fix where we know it. */
export function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return `something threw ${oneLine(String(error))}`;
  if (error instanceof CommandFailure || isSubscriptionsError(error)) return oneLine(error.message);
  if (CREDENTIAL_PROBLEMS.has(error.name)) {
    return `AWS does not know these credentials (${oneLine(error.message)}). Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`;
  }
  if (error.name === "AccessDeniedException") {
    return `the credentials may not do this: ${oneLine(error.message)}. Allow it for the table.`;
  }
  if (/region is missing/i.test(error.message)) {
    return "no AWS region is set. Give --region, or set AWS_REGION.";
  }
  return `${error.name}: ${oneLine(error.message)}`;
}

/** Line breaks and other control characters would let a message look like several, or move the cursor. */
export function oneLine(text: string): string {
  return text
    .split(/[\r\n]/)
    .map((line) => line.replaceAll(/\p{Cc}/gu, "").trim())
    .filter((line) => line !== "")
    .join(" ");
}
