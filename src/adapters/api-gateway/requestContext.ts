import { TRPCError } from "@trpc/server";
import { pause } from "../../publisher/deliver.ts";
import type { Connection, ConnectionParams } from "../../store/types.ts";
import type { CreateContextOptions } from "./handlerOptions.ts";
import type { Invocation } from "./invocation.ts";

/** Connection row and context of a frame, each made at most once, and only when a message needs it. */
export interface RequestContext {
  /** @throws TRPCError rejects with UNAUTHORIZED when the connection is closed or expired */
  connection(): Promise<Connection>;
  /** The user's context. Rejects with what `createContext` throws. */
  context(): Promise<unknown>;
}

const FIRST_POLL_MS = 25;
const LONGEST_POLL_MS = 400;

/** Makes the {@link RequestContext} of one invocation. */
export function requestContext(
  invocation: Invocation,
  calls: CreateContextOptions<unknown>["info"]["calls"],
): RequestContext {
  let connection: Promise<Connection> | undefined;
  let context: Promise<unknown> | undefined;
  const getConnection = (): Promise<Connection> => {
    connection ??= readyConnection(invocation);
    return connection;
  };
  return {
    connection: getConnection,
    context() {
      context ??= getConnection().then((row) => createContext(invocation, row, calls));
      return context;
    },
  };
}

/**
 * The connection, with its `connectionParams` if it announced them. They travel in a frame of their own, handled by
 * another invocation at the same time, so a request may have to wait for them; it never runs without them.
 */
async function readyConnection(invocation: Invocation): Promise<Connection> {
  const { app, connectionId, deadline, limits } = invocation;
  const timeoutMs = limits.connectionParamsTimeoutMs;
  const waitUntil = Date.now() + timeoutMs;
  for (let delayMs = FIRST_POLL_MS; ; delayMs = Math.min(2 * delayMs, LONGEST_POLL_MS)) {
    const connection = await app.store.getConnection(connectionId);
    if (connection === undefined) {
      throw new TRPCError({
        code: "UNAUTHORIZED",
        message:
          "This connection is closed, its session has expired, or $connect has not stored it",
      });
    }
    if (connection.connectionParams === "invalid") {
      throw new TRPCError({ code: "BAD_REQUEST", message: "Invalid connectionParams" });
    }
    if (!connection.paramsExpected || connection.connectionParams !== undefined) return connection;
    const remainingMs = waitUntil - Date.now();
    if (remainingMs <= 0 || deadline.work.aborted) {
      throw new TRPCError({
        code: "TIMEOUT",
        message: `connectionParams did not arrive within ${timeoutMs} ms`,
      });
    }
    await pause(Math.min(delayMs, remainingMs), deadline.work);
  }
}

async function createContext(
  { options, event, lambdaContext, connectionId, deadline }: Invocation,
  row: Connection,
  calls: CreateContextOptions<unknown>["info"]["calls"],
): Promise<unknown> {
  const session = sessionOf(row);
  const connectionParams = paramsOf(row);
  if (options.createContext === undefined) {
    return session ?? lambdaAuthorizerContext(event.requestContext.authorizer);
  }
  return options.createContext({
    event,
    context: lambdaContext,
    connection: {
      id: connectionId,
      connectedAt: new Date(row.connectedAt),
      session,
      connectionParams,
    },
    info: {
      accept: null,
      type: "unknown",
      isBatchCall: calls.length > 1,
      calls,
      connectionParams,
      signal: deadline.work,
      url: null,
    },
  });
}

function sessionOf({ session }: Connection): unknown {
  try {
    return session === undefined ? undefined : JSON.parse(session);
  } catch (cause) {
    // What the parser says quotes the row, which somebody else must have written.
    throw new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: "Internal server error", cause });
  }
}

function paramsOf({ connectionParams }: Connection): ConnectionParams {
  return typeof connectionParams === "object" ? connectionParams : null;
}

/** What the authorizer's function returned, without what API Gateway adds. */
function lambdaAuthorizerContext(
  authorizer: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> {
  const { integrationLatency: _, ...context } = authorizer ?? {};
  return context;
}
