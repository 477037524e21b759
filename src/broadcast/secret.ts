import { createHmac } from "node:crypto";
import { BuilderError } from "../errors.ts";
import { utf8Bytes } from "../protocol/keyText.ts";

/**
 * What topics are named with and tokens are signed with: at least 32 bytes that only servers know, for example
 * `openssl rand -base64 32`. Publishers, the grant endpoint and the authorizer have the same.
 *
 * Several are for a change without a loss. The first one names the topics of new grants and signs them; with the others
 * tokens are accepted too, and every publish goes to their topics as well. Deploy everywhere `[old, new]`, then
 * `[new, old]`, and when the last grant of the old one is over, `new`.
 */
export type BroadcastSecret = string | readonly [string, ...string[]];

/** As many bytes as a key of HMAC-SHA-256 has. https://www.rfc-editor.org/rfc/rfc2104#section-3 */
const MIN_SECRET_BYTES = 32;

/** Keys that are derived from one secret, so that neither use of it tells anything for the other. */
export interface SecretKeys {
  readonly topics: Buffer;
  readonly grants: Buffer;
}

/**
 * The keys of each secret, the one for new grants first.
 *
 * @param scope - what tells deployments apart that have the same secret
 * @throws {@link BuilderError} for no secret, one that is no text, or one of less than 32 bytes
 */
export function secretKeys(
  secret: BroadcastSecret,
  scope: string,
): readonly [SecretKeys, ...SecretKeys[]] {
  // A variable of the environment that is not set comes as undefined.
  const [first, ...others]: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  return [keysOf(first, scope), ...others.map((other) => keysOf(other, scope))];
}

function keysOf(secret: unknown, scope: string): SecretKeys {
  if (typeof secret !== "string") {
    throw new BuilderError(
      `engine(): secret is ${typeof secret}. It is a text that only servers know, or several of them.`,
    );
  }
  const bytes = utf8Bytes(secret);
  if (bytes < MIN_SECRET_BYTES) {
    throw new BuilderError(
      `engine(): secret has ${bytes} bytes, at least ${MIN_SECRET_BYTES} are needed. Make one with: openssl rand -base64 32`,
    );
  }
  const key = (label: string): Buffer =>
    createHmac("sha256", secret).update(`trpc-aws-subscriptions/v1/${label}/${scope}`).digest();
  return { topics: key("topics"), grants: key("grants") };
}
