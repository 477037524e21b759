import { TRPCError } from "@trpc/server";
import { parseConnectionParamsFromUnknown } from "@trpc/server/http";
import type { ConnectionParams } from "../../store/types.ts";
import type { Invocation } from "./invocation.ts";
import { replyError } from "./replies.ts";

/**
 * Stores the `connectionParams` of a client for the requests that wait for them. A good frame has no answer; a bad one
 * makes the waiting requests fail, and the socket stays open: a client that is closed comes back at once.
 */
export async function storeConnectionParams(invocation: Invocation, data: unknown): Promise<void> {
  const { app, connectionId } = invocation;
  const params = parsedParams(data);
  const outcome = await app.store.setConnectionParams(connectionId, params);
  const problem =
    params === "invalid"
      ? "Invalid connection params shape"
      : outcome === "duplicate"
        ? "connectionParams were sent before; the first ones stay"
        : outcome === "refused"
          ? "connectionParams were not announced with ?connectionParams=1, or the connection is closed"
          : undefined;
  if (problem === undefined) return;
  const cause = new TRPCError({ code: "PARSE_ERROR", message: problem });
  await replyError(invocation, { id: null, jsonrpc: false }, { cause, place: {} });
}

function parsedParams(data: unknown): ConnectionParams | "invalid" {
  try {
    const params = parseConnectionParamsFromUnknown(data);
    // Its type allows undefined values, which JSON cannot bring.
    return params as ConnectionParams;
  } catch {
    return "invalid";
  }
}
