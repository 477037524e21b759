import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** A request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, still encoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const sha256 = (data: Buffer | string): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: Buffer | string, data: string): Buffer =>
  createHmac("sha256", key).update(data).digest();

/** AWS's `UriEncode`: every byte but A-Z a-z 0-9 - . _ ~ */
const uriEncode = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (/[A-Za-z0-9\-._~]/.test(character)) return character;
      return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");

/**
 * Signature Version 4 anew, from what arrived, after the documentation and not after the SDK. Every service but S3
 * encodes each segment of the path a second time.
 *
 * @returns the value that the `authorization` header must have
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function expectedAuthorization(
  { method, url, headers, body }: WireRequest,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
): string {
  const given = headers.authorization ?? "";
  const [, scope = ""] = /Credential=[^/]+\/([^,]+)/.exec(given) ?? [];
  const [, signedHeaders = ""] = /SignedHeaders=([^,]+)/.exec(given) ?? [];
  const canonicalRequest = [
    method,
    url.split("/").map(uriEncode).join("/"),
    "",
    ...signedHeaders.split(";").map((name) => `${name}:${String(headers[name]).trim()}`),
    "",
    signedHeaders,
    sha256(body),
  ].join("\n");
  const stringToSign = [
    "AWS4-HMAC-SHA256",
    headers["x-amz-date"],
    scope,
    sha256(canonicalRequest),
  ].join("\n");
  const [date = "", region = "", service = "", end = ""] = scope.split("/");
  const dateKey = hmac(`AWS4${credentials.secretAccessKey}`, date);
  const key = hmac(hmac(hmac(dateKey, region), service), end);
  const signature = hmac(key, stringToSign).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}
