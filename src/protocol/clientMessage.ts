import { isRequestId, type RequestId } from "./requestId.ts";

/** One text frame of a client. */
export type ClientFrame =
  /** Keep-alive, and the barrier with which newer clients drain an old socket: answered by `PONG`. */
  | { readonly kind: "ping" }
  /** The answer to a `PING` of ours; we send none. */
  | { readonly kind: "pong" }
  | { readonly kind: "messages"; readonly messages: readonly ClientMessage[] }
  | { readonly kind: "malformed"; readonly problem: string };

/** What a reply must repeat of its request. */
export interface ReplyTo {
  /** `null` when the request's id could not be read. */
  readonly id: RequestId | null;
  /** The request had `jsonrpc: "2.0"`. */
  readonly jsonrpc: boolean;
}

/** A reply that can reach a pending request. */
export interface RequestReplyTo extends ReplyTo {
  readonly id: RequestId;
}

/** One message of a frame. */
export type ClientMessage =
  | {
      readonly kind: "request";
      readonly type: "query" | "mutation" | "subscription";
      readonly replyTo: RequestReplyTo;
      readonly path: string;
      /** Not yet through the transformer. */
      readonly rawInput: unknown;
      readonly lastEventId: string | undefined;
    }
  | { readonly kind: "stop"; readonly replyTo: RequestReplyTo }
  | {
      readonly kind: "connectionParams";
      readonly data: unknown;
      /** The client waits until they are stored; stock clients do not. */
      readonly wantsAnswer: boolean;
    }
  | { readonly kind: "invalid"; readonly replyTo: ReplyTo; readonly problem: string };

/**
 * The deepest JSON a client may send, in arrays and objects around one another. `JSON.parse` survives 60,000 levels in a 128 KB message, recursive code behind
 * it does not.
 */
export const MAX_JSON_DEPTH = 64;

/** Reads one text frame; never throws. */
export function readClientFrame(text: string): ClientFrame {
  if (text === "PING") return { kind: "ping" };
  if (text === "PONG") return { kind: "pong" };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: "malformed", problem: "the frame is not JSON" };
  }
  if (isDeeperThan(json, MAX_JSON_DEPTH)) {
    return {
      kind: "malformed",
      problem: `the JSON is nested deeper than ${MAX_JSON_DEPTH} levels`,
    };
  }
  const messages: readonly unknown[] = Array.isArray(json) ? json : [json];
  return { kind: "messages", messages: messages.map(readClientMessage) };
}

function readClientMessage(message: unknown): ClientMessage {
  if (!isRecord(message)) {
    return invalid({ id: null, jsonrpc: false }, "a message must be an object");
  }
  const { id, jsonrpc, method } = message;
  if (method === "connectionParams") {
    return { kind: method, data: message["data"], wantsAnswer: message["ack"] === true };
  }
  const echo = jsonrpc === "2.0";
  if (id === undefined || id === null) {
    return invalid({ id: null, jsonrpc: echo }, "`id` is required");
  }
  if (!isRequestId(id)) {
    return invalid(
      { id: null, jsonrpc: echo },
      "`id` must be a safe integer or a text of 1 to 64 bytes",
    );
  }
  const replyTo: RequestReplyTo = { id, jsonrpc: echo };
  if (jsonrpc !== undefined && !echo) return invalid(replyTo, '`jsonrpc` must be "2.0"');
  if (method === "subscription.stop") return { kind: "stop", replyTo };
  if (method !== "query" && method !== "mutation" && method !== "subscription") {
    return invalid(replyTo, "`method` must be query, mutation, subscription or subscription.stop");
  }
  return readRequest(method, replyTo, message["params"]);
}

function readRequest(
  type: "query" | "mutation" | "subscription",
  replyTo: RequestReplyTo,
  params: unknown,
): ClientMessage {
  if (!isRecord(params)) return invalid(replyTo, "`params` must be an object");
  const { path, input, lastEventId } = params;
  if (typeof path !== "string") return invalid(replyTo, "`params.path` must be a string");
  if (lastEventId !== undefined && typeof lastEventId !== "string") {
    return invalid(replyTo, "`params.lastEventId` must be a string");
  }
  return { kind: "request", type, replyTo, path, rawInput: input, lastEventId };
}

function invalid(replyTo: ReplyTo, problem: string): ClientMessage {
  return { kind: "invalid", replyTo, problem };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Level by level instead of recursively, for the same reason that there is a limit. */
function isDeeperThan(value: unknown, maxDepth: number): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return true;
    level = level.flatMap((node) => Object.values(node).filter(isContainer));
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
