import { framesOf, refusalOf } from "./batches.ts";
import {
  isConnectionParams,
  isGatewayError,
  isObject,
  isRequestId,
  type JsonObject,
  parseFrame,
  type RequestId,
} from "./frames.ts";
import { type RequestSocket, SubscriptionRequest } from "./subscriptionRequest.ts";

/** What a {@link Conversation} has to do with its socket. */
export interface ConversationSocket extends RequestSocket {
  /** Milliseconds to wait for the server to say that it has the `connectionParams`; 0 to send on at once. */
  readonly paramsAckTimeoutMs: number;
  readonly handOver: boolean;
  /** Gives a frame to the server. */
  send(data: unknown): void;
}

/** What client and server say on one socket, and what of it each of them gets. */
export class Conversation {
  readonly #socket: ConversationSocket;
  readonly #subscriptions = new Map<RequestId, SubscriptionRequest>();
  /** Queries and mutations without an answer. */
  readonly #calls = new Set<RequestId>();
  /** Frames that wait for the server to have the `connectionParams`; `undefined` while none have to. */
  #waiting: unknown[] | undefined;
  #paramsTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: ConversationSocket) {
    this.#socket = socket;
  }

  /** A frame of the client. */
  send(data: unknown): void {
    const frame = parseFrame(data);
    if (frame === undefined) this.#socket.send(data);
    else if (isConnectionParams(frame)) this.#sendParams(frame);
    else if (this.#waiting === undefined) this.#sendMessages([frame].flat());
    else this.#waiting.push(frame);
  }

  /** A frame of the server. */
  receive(data: unknown): void {
    const frame = parseFrame(data);
    if (!isObject(frame)) this.#socket.deliver(data);
    else if (isConnectionParams(frame)) this.#sendWaiting();
    else if (isGatewayError(frame) && this.#isWaiting()) {
      this.#socket.lose(`an invocation failed: ${frame["message"]}`);
    } else if (frame["method"] !== "reconnect" || this.#socket.handOver) {
      this.#answer(frame, data);
    }
  }

  /** The socket has ended. */
  end(): void {
    clearTimeout(this.#paramsTimer);
    this.#waiting = undefined;
    for (const subscription of this.#subscriptions.values()) subscription.lose();
    this.#subscriptions.clear();
  }

  #answer(frame: JsonObject, data: unknown): void {
    const { id } = frame;
    // The params may have been refused; then each request is told so by the server.
    if (id === null && "error" in frame) this.#sendWaiting();
    const subscription = isRequestId(id) ? this.#subscriptions.get(id) : undefined;
    if (subscription !== undefined) {
      subscription.receive(frame, data);
      return;
    }
    if (isRequestId(id)) this.#calls.delete(id);
    this.#socket.deliver(data);
  }

  #sendParams(frame: JsonObject): void {
    const { paramsAckTimeoutMs } = this.#socket;
    const isHeldBack = paramsAckTimeoutMs > 0;
    if (isHeldBack) {
      this.#waiting ??= [];
      clearTimeout(this.#paramsTimer);
      this.#paramsTimer = setTimeout(() => this.#sendWaiting(), paramsAckTimeoutMs);
    }
    this.#socket.send(JSON.stringify(isHeldBack ? { ...frame, ack: true } : frame));
  }

  #sendWaiting(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    clearTimeout(this.#paramsTimer);
    for (const frame of waiting) this.#sendMessages([frame].flat());
  }

  #sendMessages(messages: readonly unknown[]): void {
    const texts = messages
      .map((message) => (isObject(message) ? this.#prepare(message) : JSON.stringify(message)))
      .filter((text) => text !== undefined);
    for (const frame of framesOf(texts)) this.#socket.send(frame);
  }

  /** What of a message is sent, as JSON; `undefined` if nothing is. */
  #prepare(message: JsonObject): string | undefined {
    const { id, method } = message;
    if (!isRequestId(id)) return JSON.stringify(message);
    if (method === "subscription") return this.#prepareSubscription(id, message);
    if (method === "subscription.stop") this.#end(id);
    const text = JSON.stringify(message);
    if (this.#isRefused(message, text)) return undefined;
    if (method === "query" || method === "mutation") this.#calls.add(id);
    return text;
  }

  #prepareSubscription(id: RequestId, message: JsonObject): string | undefined {
    const params = isObject(message["params"]) ? message["params"] : {};
    const { path, input, lastEventId } = params;
    this.#end(id);
    const { subscriptions, number } = this.#socket;
    const subscription = subscriptions.find({ id, path, input, lastEventId }, number);
    const resumed = { ...params, lastEventId: subscription.resumeFrom(lastEventId) };
    const text = JSON.stringify({ ...message, params: resumed });
    if (this.#isRefused(message, text)) return undefined;
    this.#subscriptions.set(id, new SubscriptionRequest(id, subscription, this.#socket));
    return text;
  }

  #isRefused(message: JsonObject, text: string): boolean {
    const refusal = refusalOf(message, text);
    if (refusal === undefined) return false;
    // Later, as an answer comes: the client has not noted yet that it sent the message.
    setTimeout(() => this.#socket.deliver(refusal));
    return true;
  }

  #end(id: RequestId): void {
    this.#subscriptions.get(id)?.end();
    this.#subscriptions.delete(id);
  }

  /** Whether a failed invocation can have been one that the client waits for. */
  #isWaiting(): boolean {
    return (
      this.#waiting !== undefined ||
      this.#calls.size > 0 ||
      [...this.#subscriptions.values()].some(({ isPending }) => isPending)
    );
  }
}
