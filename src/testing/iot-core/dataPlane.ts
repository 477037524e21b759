import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { within } from "../../gateway/timer.ts";
import type { Broker } from "./broker.ts";
import type { Session } from "./session.ts";

interface Answer {
  readonly statusCode: number;
  /** JSON. */
  readonly body: object;
}

interface Call {
  readonly method: string;
  /** Segments of the path, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly payload: Buffer;
}

const ERROR_NAME_BY_STATUS = new Map([
  [400, "InvalidRequestException"],
  [403, "ForbiddenException"],
  [404, "ResourceNotFoundException"],
  [413, "RequestEntityTooLargeException"],
  [429, "ThrottlingException"],
  [500, "InternalFailureException"],
  [503, "ServiceUnavailableException"],
  [504, "GatewayTimeoutException"],
]);
const SIGNED = /^AWS4-HMAC-SHA256 Credential=[^,]*\/iotdata\/aws4_request/;
const CONFIRMATION_SECONDS = 5;

/** The HTTP data plane: Publish, SendDirectMessage, GetConnection, ListSubscriptions, DeleteConnection. */
export class DataPlane {
  readonly #broker: Broker;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Answers one request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let payload: Buffer;
    try {
      payload = Buffer.concat(await request.toArray());
    } catch {
      // The caller hung up: there is nobody to answer.
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const path = pathname.split("/").slice(1).map(decodeURIComponent);
    const isSigned = SIGNED.test(request.headers.authorization ?? "");
    const call = { method: request.method ?? "", path, query: searchParams, payload };
    reply(
      response,
      isSigned ? await this.#answer(call) : failure(403, "the request is not signed"),
    );
  }

  async #answer({ method, path, query, payload }: Call): Promise<Answer> {
    const [kind, name = "", below] = path;
    if (kind === "topics" && method === "POST") return this.#publish(name, payload, query);
    const session = this.#broker.sessions.get(name);
    if (kind !== "connections") return failure(404, "the emulator has no such operation");
    if (session === undefined) return failure(404, `client "${name}" is not connected`);
    switch (`${method} ${below ?? ""}`) {
      case "POST messages":
        return this.#send(session, payload, query);
      case "GET subscriptions":
        return ok({ subscriptions: listed(session) });
      case "GET ":
        return ok({ connected: true, clientId: name });
      case "DELETE ":
        session.end("API_INITIATED_DISCONNECT", 0x98);
        return ok({});
      default:
        return failure(404, "the emulator has no such operation");
    }
  }

  #publish(topic: string, payload: Buffer, query: URLSearchParams): Answer {
    const fault = this.#broker.settings.onPublish?.(topic);
    if (fault !== undefined) return failure(fault, "a fault that was asked for");
    const qos = Number(query.get("qos") ?? 0);
    if (qos !== 0 && qos !== 1) return failure(400, `QoS ${qos} is not supported`);
    const problem = this.#broker.problem(topic, payload);
    if (problem !== undefined) return failure(problem.includes("payload") ? 413 : 400, problem);
    this.#broker.publish({ topic, payload }, qos);
    return ok({ message: "OK", traceId: randomUUID() });
  }

  async #send(session: Session, payload: Buffer, query: URLSearchParams): Promise<Answer> {
    const topic = query.get("topic") ?? "";
    const problem = this.#broker.problem(topic, payload);
    if (problem !== undefined) return failure(problem.includes("payload") ? 413 : 400, problem);
    const isConfirmed = query.get("confirmation") === "true";
    const acknowledged = session.deliver(topic, payload, isConfirmed ? 1 : 0);
    const timeoutMs = Number(query.get("timeout") ?? CONFIRMATION_SECONDS) * 1000;
    const outcome = isConfirmed ? await within(acknowledged, timeoutMs, "late") : undefined;
    if (outcome === "late") return failure(504, "the client did not confirm the message in time");
    return ok({ message: "OK", traceId: randomUUID() });
  }
}

function listed(session: Session): readonly object[] {
  return [...session.subscriptions].map(([topicFilter, qos]) => ({ topicFilter, qos }));
}

function ok(body: object): Answer {
  return { statusCode: 200, body };
}

function failure(statusCode: number, message: string): Answer {
  return { statusCode, body: { message, traceId: randomUUID() } };
}

function reply(response: ServerResponse, { statusCode, body }: Answer): void {
  const errorName = ERROR_NAME_BY_STATUS.get(statusCode);
  response.statusCode = statusCode;
  if (errorName !== undefined) response.setHeader("x-amzn-errortype", errorName);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(body));
}
