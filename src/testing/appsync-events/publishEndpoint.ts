import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { MAX_APPSYNC_PUBLISH_BYTES } from "../../protocol/appSyncEvents.ts";
import type { Authorization } from "./authorize.ts";
import { badRequest, EventApiFailure, failureOf } from "./failure.ts";
import type { AppSyncEventsSettings } from "./options.ts";
import type { Namespaces } from "./publish.ts";

/** `POST /event`. */
export class PublishEndpoint {
  readonly #settings: AppSyncEventsSettings;
  readonly #authorization: Authorization;
  readonly #namespaces: Namespaces;

  constructor(
    settings: AppSyncEventsSettings,
    authorization: Authorization,
    namespaces: Namespaces,
  ) {
    this.#settings = settings;
    this.#authorization = authorization;
    this.#namespaces = namespaces;
  }

  /** Answers one request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method !== "POST" || request.url !== "/event") {
        throw new EventApiFailure("NotFoundException", "there is POST /event alone", 404);
      }
      const body = await readBody(request);
      const fault = this.#settings.onPublishRequest?.(body);
      if (fault === "hang") return;
      if (fault === undefined) reply(response, 200, await this.#publish(request, body));
      else reply(response, fault.statusCode, fault.body ?? errorOf(fault.statusCode));
    } catch (error) {
      // A caller that hung up before it had sent everything: there is nobody to answer.
      if (!request.complete) return;
      const { errorType, message, statusCode } = failureOf(error);
      reply(response, statusCode, { errors: [{ errorType, message }] });
    }
  }

  async #publish(request: IncomingMessage, body: string): Promise<object> {
    const { channel, events } = parsed(body);
    const canonical = this.#namespaces.channel(channel, { wildcard: false });
    const identity = await this.#authorization.authorize({
      operation: "EVENT_PUBLISH",
      channel: canonical,
      authorization: request.headers,
      body,
    });
    return this.#namespaces.publish(canonical, events, identity);
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    chunks.push(chunk as Buffer);
  }
  if (bytes > MAX_APPSYNC_PUBLISH_BYTES) {
    throw new EventApiFailure("RequestEntityTooLargeException", `${bytes} bytes`, 413);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(body: string): { readonly channel?: unknown; readonly events?: unknown } {
  try {
    const request: unknown = JSON.parse(body);
    if (typeof request === "object" && request !== null) return request;
  } catch {
    // Answered below, as any other body that is no object.
  }
  throw badRequest("the body is no JSON object");
}

function errorOf(statusCode: number): object {
  const message = STATUS_CODES[statusCode] ?? "Error";
  return { errors: [{ errorType: message.replaceAll(" ", ""), message }] };
}

function reply(response: ServerResponse, statusCode: number, body: unknown): void {
  response.writeHead(statusCode, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
