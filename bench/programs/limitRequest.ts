import { createHmac, hash } from "node:crypto";
import { type Agent, type IncomingMessage, request } from "node:http";

/** Where requests go, and what is the same in all of them. */
export interface SignedEndpointOptions {
  readonly url: URL;
  /** Name of the service in the signature. */
  readonly service: string;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends one POST, signed with Signature Version 4, and returns the body of a 200. */
export type SignedPost = (path: string, body: string) => Promise<string>;

const {
  AWS_REGION: region = "",
  AWS_ACCESS_KEY_ID: keyId = "",
  AWS_SECRET_ACCESS_KEY: secret = "",
} = process.env;

/** Makes a {@link SignedPost}. What requests share is worked out once, or once a second. */
export function signedEndpoint(options: SignedEndpointOptions): SignedPost {
  const { url, agent } = options;
  const { hostname: host, port } = url;
  const sign = signer(options);
  return (path, body) =>
    new Promise((resolve, reject) => {
      const headers = sign(path, body);
      const outgoing = request({ agent, host, port, method: "POST", path, headers });
      outgoing.on("error", reject).on("response", (response) => {
        readBody(response, (text) => {
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${path} answers ${response.statusCode}: ${text}`));
        });
      });
      outgoing.end(body);
    });
}

function readBody(response: IncomingMessage, done: (text: string) => void): void {
  let text = "";
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => {
    text += chunk;
  });
  response.on("end", () => done(text));
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signer({
  url,
  service,
  headers: own,
}: SignedEndpointOptions): (path: string, body: string) => Record<string, string> {
  const current = refreshedEachSecond((time) => {
    const day = time.slice(0, 8);
    const headers = { ...own, host: url.host, "x-amz-date": time };
    const entries = Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const names = entries.map(([name]) => name).join(";");
    const scope = `${day}/${region}/${service}/aws4_request`;
    return {
      headers,
      canonical: `\n\n${entries.map(([name, value]) => `${name}:${value}\n`).join("")}\n${names}\n`,
      text: `AWS4-HMAC-SHA256\n${time}\n${scope}\n`,
      authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/${scope}, SignedHeaders=${names}, Signature=`,
      key: signingKey([day, region, service, "aws4_request"]),
    };
  });
  return (path, body) => {
    const { headers, canonical, text, authorization, key } = current();
    // What a path of a connection holds beside letters, escaped once more.
    const escaped = path.replaceAll("%", "%25").replaceAll("@", "%40");
    const request = hash("sha256", `POST\n${escaped}${canonical}${hash("sha256", body)}`);
    const signature = createHmac("sha256", key).update(`${text}${request}`).digest("hex");
    return {
      ...headers,
      "content-length": String(Buffer.byteLength(body)),
      authorization: authorization + signature,
    };
  };
}

function signingKey(parts: readonly string[]): Buffer {
  return parts.reduce<Buffer>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
}

function refreshedEachSecond<T>(make: (time: string) => T): () => T {
  let second = -1;
  let made: T | undefined;
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (made === undefined || now !== second) {
      second = now;
      made = make(new Date(now * 1000).toISOString().replace(/[:-]|\.\d+/g, ""));
    }
    return made;
  };
}
