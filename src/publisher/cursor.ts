import { createHmac, timingSafeEqual } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { CursorError } from "../errors/fanOut.ts";
import { EXPIRY_SLACK_MS, MAX_CONNECTION_MS } from "../protocol/limits.ts";
import type { FanOutJob } from "./job.ts";

/** Changes whenever {@link Sealed} does, so that another version's cursor is refused and not misread. */
const VERSION = "v1";

/** Until then: no connection lives longer, so nobody whom the event was for is left. */
const LIFETIME_MS = MAX_CONNECTION_MS + EXPIRY_SLACK_MS;

/** What a cursor holds. */
export interface Sealed {
  readonly job: FanOutJob;
  /** Text of the event; absent where it is kept in the store instead. */
  readonly event?: string;
}

/**
 * Text from which another process goes on with a fan-out. Signed, since it says who gets what; not encrypted.
 *
 * @param secret - of the store, see `Store.signingKey`
 */
export function sealCursor(sealed: Sealed, secret: string): string {
  const body = deflateRawSync(JSON.stringify(sealed)).toString("base64url");
  return `${VERSION}.${body}.${signatureOf(body, secret)}`;
}

/**
 * Reads a cursor.
 *
 * @throws {@link CursorError} for what is no cursor, was changed, was signed for another table, or is too old
 */
export function openCursor(
  cursor: unknown,
  { secret, nowMs }: { readonly secret: string; readonly nowMs: number },
): Sealed {
  if (typeof cursor !== "string") {
    throw new CursorError("malformed", `is ${cursor === null ? "null" : typeof cursor}, not text`);
  }
  const [version, body, signature, ...more] = cursor.split(".");
  if (body === undefined || signature === undefined || more.length > 0) {
    throw new CursorError("malformed", "has not the form of one");
  }
  if (version !== VERSION) throw new CursorError("malformed", "is of another version");
  const given = Buffer.from(signature);
  const expected = Buffer.from(signatureOf(body, secret));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new CursorError("forged", "was changed, or belongs to another table or namespace");
  }
  // Signed by us, so it has the form that we gave it.
  const sealed: Sealed = JSON.parse(inflateRawSync(Buffer.from(body, "base64url")).toString());
  if (nowMs - sealed.job.issuedAtMs > LIFETIME_MS) {
    throw new CursorError("expired", `is older than ${LIFETIME_MS / 60_000} minutes`);
  }
  const { job } = sealed;
  // JSON has no undefined.
  return { ...sealed, job: { ...job, keys: job.keys.map((key) => key ?? undefined) } };
}

/** When what was kept for a cursor may go, in epoch seconds. */
export function cursorExpiry({ issuedAtMs }: Pick<FanOutJob, "issuedAtMs">): number {
  return Math.ceil((issuedAtMs + LIFETIME_MS) / 1000);
}

function signatureOf(body: string, secret: string): string {
  return createHmac("sha256", secret).update(`${VERSION}.${body}`).digest("base64url");
}
