import {
  type AwsCredentials,
  type SignableRequest,
  signatureOf,
} from "../../adapters/appsync-events/sigV4.ts";
import { unauthorized } from "./failure.ts";

/** A signature is good for this long, in both directions of a clock that is wrong. */
const MAX_SKEW_MS = 5 * 60 * 1000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/**
 * Who signed a request.
 *
 * @throws an {@link EventApiFailure} for a signature that is wrong, old, of somebody unknown, or for something else
 */
export function signerOf(
  request: SignableRequest,
  known: { readonly credentials: readonly AwsCredentials[]; readonly region: string },
): AwsCredentials {
  const { headers } = request;
  const parts = AUTHORIZATION.exec(headers["authorization"] ?? "");
  if (parts === null) throw unauthorized(403);
  const [, keyId, day = "", region = "", service = "", names = "", signature] = parts;
  const signer = known.credentials.find(({ accessKeyId }) => accessKeyId === keyId);
  const amzDate = headers["x-amz-date"] ?? "";
  const isInScope = region === known.region && service === "appsync" && amzDate.startsWith(day);
  if (signer === undefined || !isInScope || !isRecent(amzDate)) throw unauthorized(403);
  if (signer.sessionToken !== headers["x-amz-security-token"]) throw unauthorized(403);
  const signed = names.split(";").map((name) => [name, headers[name] ?? ""] as const);
  const covered = { ...request, headers: Object.fromEntries(signed) };
  const expected = signatureOf(covered, signer.secretAccessKey, { region, service, amzDate });
  if (!("host" in covered.headers) || signature !== expected) throw unauthorized(403);
  return signer;
}

function isRecent(amzDate: string): boolean {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate);
  if (parts === null) return false;
  const [year = 0, month = 0, ...rest] = parts.slice(1).map(Number);
  return Math.abs(Date.UTC(year, month - 1, ...rest) - Date.now()) <= MAX_SKEW_MS;
}
