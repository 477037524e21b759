import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { gatewayId } from "../gateway/event.ts";
import type { Connection } from "./connection.ts";
import type { ManagementOperation } from "./observation.ts";
import type { GatewaySettings, PostFault } from "./options.ts";
import { TokenBucket } from "./throttle.ts";

/** What a call of the `@connections` API is answered with. */
interface Answer {
  readonly statusCode: number;
  /** `x-amzn-errortype`; left out for a success. */
  readonly errorName?: string;
  readonly message?: string;
  /** JSON of a success. */
  readonly body?: object;
}

const OPERATION_BY_METHOD = new Map<string, ManagementOperation>([
  ["POST", "PostToConnection"],
  ["GET", "GetConnection"],
  ["DELETE", "DeleteConnection"],
]);

const ERROR_NAME_BY_STATUS = new Map([
  [400, "BadRequestException"],
  [403, "ForbiddenException"],
  [410, "GoneException"],
  [413, "PayloadTooLargeException"],
  [429, "LimitExceededException"],
]);

const FORBIDDEN = failure(403, "Forbidden");
const INVALID_ID = failure(400, "Invalid connectionId");
const GONE = failure(410, "The connection is closed or its handshake is not complete");
const TOO_FAST = failure(429, "Too many posts: the rate of postsPerSecond is used up");
const TOO_SLOW = failure(429, "The WebSocket client side buffer is full");

/** The `@connections` API of the gateway: PostToConnection, GetConnection and DeleteConnection. */
export class ManagementApi {
  readonly #settings: GatewaySettings;
  readonly #connections: ReadonlyMap<string, Connection>;
  readonly #posts: TokenBucket;
  readonly #hanging = new Set<ServerResponse>();
  #isStopped = false;

  constructor(settings: GatewaySettings, connections: ReadonlyMap<string, Connection>) {
    this.#settings = settings;
    this.#connections = connections;
    this.#posts = new TokenBucket(settings.postsPerSecond);
  }

  /** Cuts the calls that the `"hang"` fault keeps open; later ones are cut at once. */
  stop(): void {
    this.#isStopped = true;
    for (const response of this.#hanging) response.destroy();
  }

  /** Answers one request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = OPERATION_BY_METHOD.get(request.method ?? "");
    const target = targetOf(request.url ?? "/");
    if (operation === undefined || target?.stage !== this.#settings.stage) {
      request.resume();
      reply(response, FORBIDDEN);
      return;
    }
    const { connectionId } = target;
    const { maxMessageBytes, onEvent } = this.#settings;
    const received = await readBody(request, maxMessageBytes);
    const observed = { type: "management", operation, connectionId } as const;
    if (received === "aborted") {
      onEvent({ ...observed, statusCode: undefined, body: undefined });
      return;
    }
    const payload = operation === "PostToConnection" ? received : undefined;
    const answer = this.#answer(operation, connectionId, received);
    const statusCode = answer === "hang" ? undefined : answer.statusCode;
    const body = payload === "tooLarge" ? undefined : payload?.toString();
    onEvent({ ...observed, statusCode, body });
    if (answer === "hang") this.#hang(response);
    else reply(response, answer);
  }

  #answer(
    operation: ManagementOperation,
    connectionId: string,
    body: Buffer | "tooLarge",
  ): Answer | "hang" {
    if (!/^[A-Za-z0-9_=-]+$/.test(connectionId)) return INVALID_ID;
    switch (operation) {
      case "PostToConnection":
        return this.#post(connectionId, body);
      case "GetConnection":
        return this.#get(connectionId);
      case "DeleteConnection":
        return this.#delete(connectionId);
    }
  }

  #post(connectionId: string, body: Buffer | "tooLarge"): Answer | "hang" {
    const { maxMessageBytes, maxBufferedBytes, onPost } = this.#settings;
    if (body === "tooLarge") return failure(413, `Message is larger than ${maxMessageBytes} bytes`);
    const connection = this.#open(connectionId);
    const fault = onPost?.(connectionId, body.toString());
    if (fault === "hang") return "hang";
    if (fault !== undefined) {
      if (fault.delivered === true) connection?.send(body);
      return faultyAnswer(fault);
    }
    if (!this.#posts.take()) return TOO_FAST;
    if (connection === undefined) return GONE;
    if (connection.bufferedBytes > maxBufferedBytes) return TOO_SLOW;
    connection.send(body);
    return { statusCode: 200 };
  }

  #get(connectionId: string): Answer {
    const connection = this.#open(connectionId);
    if (connection === undefined) return GONE;
    const { connectedAt, identity } = connection.handshake;
    return {
      statusCode: 200,
      body: {
        connectedAt: new Date(connectedAt).toISOString(),
        identity: { userAgent: "", ...identity },
        lastActiveAt: new Date(connection.lastActiveAt).toISOString(),
      },
    };
  }

  #delete(connectionId: string): Answer | "hang" {
    const connection = this.#open(connectionId);
    const fault = this.#settings.onClose?.(connectionId);
    if (fault === "hang") return "hang";
    if (fault !== undefined) return faultyAnswer(fault);
    if (connection === undefined) return GONE;
    connection.close(1000, "");
    return { statusCode: 204 };
  }

  #open(connectionId: string): Connection | undefined {
    const connection = this.#connections.get(connectionId);
    return connection?.isOpen === true ? connection : undefined;
  }

  #hang(response: ServerResponse): void {
    if (this.#isStopped) {
      response.destroy();
      return;
    }
    this.#hanging.add(response);
    response.once("close", () => this.#hanging.delete(response));
  }
}

function failure(statusCode: number, message: string): Answer & { readonly errorName: string } {
  return { statusCode, errorName: ERROR_NAME_BY_STATUS.get(statusCode) ?? "", message };
}

function faultyAnswer(fault: Omit<PostFault, "delivered">): Answer {
  return { ...failure(fault.statusCode, STATUS_CODES[fault.statusCode] ?? ""), ...fault };
}

function reply(response: ServerResponse, answer: Answer): void {
  const { statusCode, errorName, message, body } = answer;
  response.statusCode = statusCode;
  response.setHeader("x-amzn-RequestId", gatewayId());
  if (errorName) response.setHeader("x-amzn-errortype", errorName);
  const json = body ?? (message === undefined ? undefined : { message });
  if (json === undefined) {
    response.end();
    return;
  }
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(json));
}

/** `/{stage}/@connections/{id}`; an id that cannot be decoded stays as it is, and is refused for its characters. */
function targetOf(
  url: string,
): { readonly stage: string; readonly connectionId: string } | undefined {
  const [, stage, connectionId] = /^\/([^/]+)\/@connections\/([^?]+)/.exec(url) ?? [];
  if (stage === undefined || connectionId === undefined) return undefined;
  return { stage: decoded(stage), connectionId: decoded(connectionId) };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | "tooLarge" | "aborted"> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
    }
  } catch {
    // The caller hung up: there is nobody to answer. The observation says so.
    return "aborted";
  }
  return bytes > maxBytes ? "tooLarge" : Buffer.concat(chunks);
}
