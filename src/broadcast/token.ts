import { createHmac, timingSafeEqual } from "node:crypto";
import { GrantTokenError } from "../errors/broadcast.ts";
import type { SecretKeys } from "./secret.ts";

/** What a good token says. */
export interface GrantClaims {
  /** The broker's client that it is for. An authorizer lets nobody else connect with it. */
  readonly clientId: string;
  /** Whole names of the topics its client may subscribe to. */
  readonly topics: readonly string[];
  /** When its time is over, in epoch milliseconds. */
  readonly expiresAtMs: number;
}

/**
 * Reads a token, for authorizers. It is told apart by a signature, compared in constant time; what a client wrote is
 * not looked at before.
 *
 * @throws {@link GrantTokenError} for one that is forged, changed, cut, too large, over, or of another engine
 */
export type VerifyGrant = (token: string) => GrantClaims;

/** A hundred topics and more. What is larger is not even hashed. */
export const MAX_TOKEN_LENGTH = 32_768;

const VERSION = "v1";
/** Version, claims and the 32 bytes of a signature, each in base64url. */
const TOKEN = /^(v1\.[\w-]+)\.([\w-]{43})$/;

/** Claims on the wire. */
interface Wire {
  readonly c: string;
  readonly e: number;
  readonly t: readonly string[];
}

/** Writes a token: `v1.<claims>.<signature>`. */
export function signGrant({ grants }: SecretKeys, claims: GrantClaims): string {
  const wire: Wire = { c: claims.clientId, e: claims.expiresAtMs, t: claims.topics };
  const signed = `${VERSION}.${Buffer.from(JSON.stringify(wire)).toString("base64url")}`;
  return `${signed}.${signature(grants, signed).toString("base64url")}`;
}

/** Makes a {@link VerifyGrant} that accepts the tokens of each of the secrets. */
export function grantVerifier(keys: readonly SecretKeys[], now: () => number): VerifyGrant {
  return (token: unknown) => {
    if (typeof token !== "string") throw new GrantTokenError("malformed", "it is no text");
    if (token.length > MAX_TOKEN_LENGTH) {
      throw new GrantTokenError(
        "tooLarge",
        `it has ${token.length} characters, ours have ${MAX_TOKEN_LENGTH} at most`,
      );
    }
    const [, signed, mac] = TOKEN.exec(token) ?? [];
    if (signed === undefined || mac === undefined) {
      throw new GrantTokenError("malformed", "it has not the form of a token");
    }
    const given = Buffer.from(mac, "base64url");
    const isOurs = keys.some(({ grants }) => timingSafeEqual(signature(grants, signed), given));
    if (!isOurs) throw new GrantTokenError("signature", "it was not signed with this secret");
    const claims = readClaims(signed);
    if (now() >= claims.expiresAtMs) {
      throw new GrantTokenError("expired", `its time was over at ${claims.expiresAtMs}`);
    }
    return claims;
  };
}

function signature(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** Signed by us, so its form is known. */
function readClaims(signed: string): GrantClaims {
  const text = Buffer.from(signed.slice(VERSION.length + 1), "base64url").toString();
  const { c, e, t } = JSON.parse(text) as Wire;
  return { clientId: c, expiresAtMs: e, topics: t };
}
