import type {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";

type ClientConfig = ApiGatewayManagementApiClient["config"];

/** Signs requests with the client's credentials; part of the SDK's resolved configuration. */
type Signer = Awaited<ReturnType<ClientConfig["signer"]>>;

/** A request as the SDK's signer and request handler take it. */
type SdkRequest = Parameters<Signer["sign"]>[0];

/** A request the SDK built for one connection, and what it takes to make the same one for another. */
export interface RequestTemplate {
  /** Where it goes, without its path, headers and body. */
  readonly target: Omit<SdkRequest, "path" | "headers" | "body">;
  /** Path up to the connection id: base path of the endpoint, then `/@connections/`. */
  readonly pathPrefix: string;
  /** Headers that are the same for every connection and frame: host, content type, user agent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signer: Signer;
  readonly region: string;
  /** When it was taken, in epoch milliseconds. */
  readonly takenAtMs: number;
}

/** Depends on the body. */
const CONTENT_LENGTH = "content-length";

/**
 * Lets the SDK tell how it posts: called with the template before the command's request is signed, or with `undefined`
 * when the request is not what is expected, so that nobody makes more of its kind.
 *
 * The SDK thereby answers what depends on the client and its surroundings: endpoint (also by region, dualstack, FIPS
 * or `AWS_ENDPOINT_URL`), base path, user agent, trace headers.
 */
export function onRequestBuilt(
  command: PostToConnectionCommand,
  config: ClientConfig,
  take: (template: RequestTemplate | undefined) => void,
): void {
  command.middlewareStack.add(
    (next) => async (args) => {
      take(await templateOf(args.request, args.input, config));
      return next(args);
    },
    { step: "build", priority: "low", name: "takeRequestTemplate" },
  );
}

/** A connection id as the SDK writes it into a path: RFC 3986, which `encodeURIComponent` alone is not. */
export function encodePathSegment(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

async function templateOf(
  request: unknown,
  input: PostToConnectionCommand["input"],
  config: ClientConfig,
): Promise<RequestTemplate | undefined> {
  if (!isSdkRequest(request) || request.method !== "POST") return undefined;
  const { path, headers, body, ...target } = request;
  const id = encodePathSegment(input.ConnectionId ?? "");
  // Built in another way, or by a middleware: what it says of this connection may not hold for the next one.
  if (!path.endsWith(`/@connections/${id}`) || !isSameText(body, input.Data)) return undefined;
  const { [CONTENT_LENGTH]: _length, ...sameForAll } = headers;
  return {
    target,
    pathPrefix: path.slice(0, path.length - id.length),
    headers: sameForAll,
    signer: await config.signer(),
    region: await config.region(),
    takenAtMs: Date.now(),
  };
}

function isSdkRequest(request: unknown): request is SdkRequest {
  return (
    typeof request === "object" &&
    request !== null &&
    ["method", "protocol", "hostname", "path", "query", "headers"].every((key) => key in request)
  );
}

function isSameText(body: unknown, data: unknown): boolean {
  if (typeof data !== "string") return false;
  return body === data || (body instanceof Uint8Array && Buffer.from(data).equals(body));
}
