import { createHash, createHmac } from "node:crypto";

/** Keys of an AWS identity. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials, as a Lambda function has. */
  readonly sessionToken?: string;
}

/** What a signature is about. The URL has no query. */
export interface SignableRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
  /** With lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Where and when a signature holds. */
export interface SigningScope {
  readonly region: string;
  /** For example `appsync`. */
  readonly service: string;
  /** For example `20150830T123600Z`, as in the header `x-amz-date`. */
  readonly amzDate: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/**
 * The headers that sign a request with AWS Signature Version 4, together with those given.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signedHeaders(
  request: SignableRequest,
  credentials: AwsCredentials,
  scope: SigningScope,
): Readonly<Record<string, string>> {
  const headers: Readonly<Record<string, string>> = {
    ...request.headers,
    host: request.url.host,
    "x-amz-date": scope.amzDate,
    ...(credentials.sessionToken !== undefined && {
      "x-amz-security-token": credentials.sessionToken,
    }),
  };
  const signature = signatureOf({ ...request, headers }, credentials.secretAccessKey, scope);
  const credential = `${credentials.accessKeyId}/${scopeText(scope)}`;
  const names = namesOf(headers).join(";");
  return {
    ...headers,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

/** The signature of a request, of which all headers are signed, in hexadecimal. */
export function signatureOf(
  { method, url, body, headers }: SignableRequest,
  secretAccessKey: string,
  scope: SigningScope,
): string {
  const names = namesOf(headers);
  const canonicalRequest = [
    method,
    url.pathname,
    "",
    ...names.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}`),
    "",
    names.join(";"),
    sha256(body),
  ].join("\n");
  const text = [ALGORITHM, scope.amzDate, scopeText(scope), sha256(canonicalRequest)].join("\n");
  const day = hmac(`AWS4${secretAccessKey}`, scope.amzDate.slice(0, 8));
  const key = hmac(hmac(hmac(day, scope.region), scope.service), "aws4_request");
  return hmac(key, text).toString("hex");
}

/** A time as `x-amz-date` has it. */
export function amzDateOf(time: Date): string {
  return time.toISOString().replace(/[:-]|\.\d{3}/g, "");
}

function scopeText({ amzDate, region, service }: SigningScope): string {
  return `${amzDate.slice(0, 8)}/${region}/${service}/aws4_request`;
}

function namesOf(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(headers).toSorted();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
