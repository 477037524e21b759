import { getTRPCErrorFromUnknown, TRPCError, type TRPCProcedureType } from "@trpc/server";
import { isSubscriptionsError } from "../../errors.ts";
import { callErrorHandler } from "../../publisher/errorHandler.ts";
import type { WebSocketEvent } from "./event.ts";
import type { HandlerErrorHandler } from "./handlerOptions.ts";

/** Where an error happened, as far as that is known. */
export interface ErrorPlace {
  readonly type?: TRPCProcedureType | "unknown";
  readonly path?: string;
  readonly input?: unknown;
  readonly ctx?: unknown;
}

/** Hands an error to the user's `onError`; never throws. */
export type ErrorReporter = (error: unknown, place?: ErrorPlace) => void;

/** The reporter of one invocation. */
export function errorReporter(
  onError: HandlerErrorHandler<never> | HandlerErrorHandler<unknown> | undefined,
  req: WebSocketEvent,
): ErrorReporter {
  return (cause, place) => {
    callErrorHandler(onError as HandlerErrorHandler<unknown> | undefined, {
      error: getTRPCErrorFromUnknown(cause),
      type: place?.type ?? "unknown",
      path: place?.path,
      input: place?.input,
      ctx: place?.ctx,
      req,
    });
  };
}

/**
 * The error a client is told of. Faults of the table or the network carry names of tables and accounts, so their text
 * stays here, also when a procedure let them pass; what else procedures throw is told, as by tRPC's own adapters.
 */
export function errorForClient(cause: unknown): TRPCError {
  if (isSubscriptionsError(cause) && cause.code === "PAYLOAD_TOO_LARGE") {
    return new TRPCError({ code: "PAYLOAD_TOO_LARGE", message: cause.message, cause });
  }
  const error = getTRPCErrorFromUnknown(cause);
  return isInternalFault(error) ? new TRPCError({ ...INTERNAL, cause: error.cause }) : error;
}

const INTERNAL = { code: "INTERNAL_SERVER_ERROR", message: "Internal server error" } as const;

/** tRPC gives an error that it wraps the text of its cause; a procedure that wraps one with a text of its own means it. */
function isInternalFault({ code, message, cause }: TRPCError): boolean {
  return (
    code === INTERNAL.code &&
    message === cause?.message &&
    (isSubscriptionsError(cause) || isServiceError(cause))
  );
}

function isServiceError(cause: unknown): boolean {
  return cause instanceof Error && "$metadata" in cause;
}
