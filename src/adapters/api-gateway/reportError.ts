import { getTRPCErrorFromUnknown, TRPCError, type TRPCProcedureType } from "@trpc/server";
import { isSubscriptionsError } from "../../errors.ts";
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
    try {
      (onError as HandlerErrorHandler<unknown> | undefined)?.({
        error: getTRPCErrorFromUnknown(cause),
        type: place?.type ?? "unknown",
        path: place?.path,
        input: place?.input,
        ctx: place?.ctx,
        req,
      });
    } catch {
      // A broken error handler must not cost the client its answer.
    }
  };
}

/**
 * The error a client is told of. Faults of the table or the network carry names of tables and accounts, so their text
 * stays here; what procedures throw passes, as with tRPC's own adapters.
 */
export function errorForClient(cause: unknown): TRPCError {
  if (cause instanceof TRPCError) return cause;
  if (isSubscriptionsError(cause) && cause.code === "PAYLOAD_TOO_LARGE") {
    return new TRPCError({ code: "PAYLOAD_TOO_LARGE", message: cause.message, cause });
  }
  if (isSubscriptionsError(cause) || isServiceError(cause)) {
    return new TRPCError({
      code: "INTERNAL_SERVER_ERROR",
      message: "Internal server error",
      cause,
    });
  }
  return getTRPCErrorFromUnknown(cause);
}

function isServiceError(cause: unknown): boolean {
  return cause instanceof Error && "$metadata" in cause;
}
