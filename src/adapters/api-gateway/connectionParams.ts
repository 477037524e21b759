import { TRPCError } from "@trpc/server";
import { parseConnectionParamsFromUnknown } from "@trpc/server/http";
import type { ClientMessage } from "../../protocol/clientMessage.ts";
import { utf8Bytes } from "../../protocol/keyText.ts";
import { MAX_CONNECTION_PARAMS_BYTES } from "../../protocol/limits.ts";
import { PARAMS_STORED } from "../../protocol/serverMessage.ts";
import type { ConnectionParams } from "../../store/types.ts";
import type { Invocation } from "./invocation.ts";
import { reply, replyError } from "./replies.ts";

type ParamsMessage = Extract<ClientMessage, { kind: "connectionParams" }>;

/**
 * Stores the `connectionParams` of a client for the requests that wait for them. A good frame has no answer unless it
 * asks for one; a bad one
 * makes the waiting requests fail, and the socket stays open: a client that is closed comes back at once.
 */
export async function storeConnectionParams(
  invocation: Invocation,
  { data, wantsAnswer }: Pick<ParamsMessage, "data" | "wantsAnswer">,
): Promise<void> {
  const { app, connectionId, reportError } = invocation;
  const params = parsedParams(data);
  const outcome = await app.store.setConnectionParams(connectionId, params);
  if (outcome === "duplicate") {
    // Most likely a repeated invocation of one frame, which the client must not be blamed for.
    reportError(parseError("connectionParams were sent before; the first ones stay"));
  } else if (params === "invalid") {
    return refuse(invocation, problemOf(data));
  } else if (outcome === "refused") {
    return refuse(
      invocation,
      "connectionParams were not announced with ?connectionParams=1, or the connection is closed",
    );
  }
  if (wantsAnswer && params !== "invalid") await reply(invocation, PARAMS_STORED);
}

function refuse(invocation: Invocation, message: string): Promise<void> {
  const cause = parseError(message);
  return replyError(invocation, { id: null, jsonrpc: false }, { cause, place: {} });
}

function parseError(message: string): TRPCError {
  return new TRPCError({ code: "PARSE_ERROR", message });
}

function parsedParams(data: unknown): ConnectionParams | "invalid" {
  if (bytesOf(data) > MAX_CONNECTION_PARAMS_BYTES) return "invalid";
  try {
    const params = parseConnectionParamsFromUnknown(data);
    // Its type allows undefined values, which JSON cannot bring.
    return params as ConnectionParams;
  } catch {
    return "invalid";
  }
}

function problemOf(data: unknown): string {
  const bytes = bytesOf(data);
  return bytes > MAX_CONNECTION_PARAMS_BYTES
    ? `connectionParams have ${bytes} bytes, more than ${MAX_CONNECTION_PARAMS_BYTES}`
    : "Invalid connection params shape";
}

function bytesOf(data: unknown): number {
  return utf8Bytes(JSON.stringify(data) ?? "");
}
