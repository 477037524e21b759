import { validateHeaderValue } from "node:http";
import type { WebSocketConnectEvent } from "../adapters/api-gateway/event.ts";
import { disconnectEvent, type Handshake, messageEvent } from "./event.ts";
import { type InvocationOutcome, Invoker } from "./invoke.ts";
import type { Refusal, RouteSettings } from "./settings.ts";
import type { TaskSet } from "./taskSet.ts";

/** `$connect` let the client in, with the subprotocol it chose. */
export interface Acceptance {
  readonly subprotocol: string | undefined;
}

/** A connection as far as the routes need it. */
export interface MessageSource {
  readonly handshake: Handshake;
  /** Sends a frame of the gateway itself. */
  sendErrorFrame(requestId: string, message: string): void;
}

/** The three routes: which event a handler gets, and what API Gateway makes of its answer. */
export class Routes {
  readonly #settings: RouteSettings;
  readonly #tasks: TaskSet;
  readonly #invoker: Invoker;

  /** @param tasks - gets every invocation, the wait before it and its answer included */
  constructor(settings: RouteSettings, tasks: TaskSet) {
    this.#settings = settings;
    this.#tasks = tasks;
    this.#invoker = new Invoker(settings, tasks);
  }

  /** Asks `$connect` whether the client may come in. */
  async connect(event: WebSocketConnectEvent): Promise<Acceptance | Refusal> {
    const handler = this.#settings.handlers.connect;
    if (handler === undefined) return { subprotocol: undefined };
    const invocation = { route: "$connect", handler, event } as const;
    return acceptanceOf(await this.#invoker.invoke(invocation));
  }

  /** Invokes `$default`, at once: nothing orders the messages of a connection. */
  message(source: MessageSource, body: string): void {
    const event = messageEvent(this.#settings, source.handshake, body);
    const handler = this.#settings.handlers.default;
    const { requestId } = event.requestContext;
    if (handler === undefined) {
      source.sendErrorFrame(requestId, "Forbidden");
      return;
    }
    const answer = async (): Promise<void> => {
      const invocation = { route: "$default", handler, event } as const;
      const message = errorMessageOf(await this.#invoker.invoke(invocation));
      if (message !== undefined) source.sendErrorFrame(requestId, message);
    };
    this.#tasks.run(answer);
    if (this.#settings.duplicate?.(event) === true) this.#tasks.run(answer);
  }

  /** Invokes `$disconnect`, unless it is to be lost. */
  disconnect(
    handshake: Handshake,
    closed: { readonly code: number; readonly reason: string },
  ): void {
    const handler = this.#settings.handlers.disconnect;
    if (handler === undefined) return;
    if (this.#settings.dropDisconnect?.() === true) {
      const { connectionId } = handshake;
      this.#settings.onEvent({ type: "disconnectDropped", connectionId });
      return;
    }
    const event = disconnectEvent(this.#settings, handshake, closed);
    this.#tasks.run(async () => {
      await this.#invoker.invoke({ route: "$disconnect", handler, event });
    });
  }
}

/** The gateway's frame for a failed invocation; what a handler returns is never sent. */
function errorMessageOf({ outcome }: InvocationOutcome): string | undefined {
  switch (outcome) {
    case "returned":
      return undefined;
    case "threw":
      return "Internal server error";
    case "timedOut":
      return "Endpoint request timed out";
  }
}

const BAD_GATEWAY: Refusal = { statusCode: 502, reason: "Internal server error" };

function acceptanceOf(invocation: InvocationOutcome): Acceptance | Refusal {
  if (invocation.outcome !== "returned" || !isRecord(invocation.result)) return BAD_GATEWAY;
  const { statusCode: status, headers } = invocation.result;
  const statusCode = Number(status);
  if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 599) return BAD_GATEWAY;
  if (statusCode >= 300) return { statusCode, reason: "refused by $connect" };
  const subprotocol = subprotocolOf(headers);
  return subprotocol === "invalid" ? BAD_GATEWAY : { subprotocol: subprotocol?.value };
}

function subprotocolOf(headers: unknown): { readonly value: string } | "invalid" | undefined {
  if (!isRecord(headers)) return undefined;
  const name = Object.keys(headers).find((key) => key.toLowerCase() === "sec-websocket-protocol");
  if (name === undefined) return undefined;
  const value = String(headers[name]);
  try {
    validateHeaderValue(name, value);
  } catch {
    // A line break here would let a handler write further headers.
    return "invalid";
  }
  return { value };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
