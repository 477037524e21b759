import { getTRPCErrorFromUnknown, TRPCError, type TRPCProcedureType } from "@trpc/server";
import { isSubscriptionsError } from "../../errors.ts";
import { Observer } from "../../events/observer.ts";
import { teller } from "../../events/teller.ts";
import type { ReportingStep } from "../../events/types.ts";
import { callErrorHandler } from "../../publisher/errorHandler.ts";
import type { App } from "../../subscriptions/app.ts";
import { hasProcedure } from "../../subscriptions/definitionOf.ts";
import type { WebSocketEvent } from "./event.ts";
import { isConnectionId } from "./eventParts.ts";
import type { HandlerErrorHandler } from "./handlerOptions.ts";

/** Where an error happened, as far as that is known. */
export interface ErrorPlace {
  readonly type?: TRPCProcedureType | "unknown";
  readonly path?: string;
  readonly input?: unknown;
  readonly ctx?: unknown;
}

/** Hands an error to the user's `onError`, and tells `onEvent` of it; never throws. */
export type ErrorReporter = (error: unknown, place?: ErrorPlace) => void;

/** Whom one invocation reports to. */
export interface Reporters {
  readonly reportError: ErrorReporter;
  /** Absent when nobody listens to events. */
  readonly observer: Observer | undefined;
}

/** A step of the chain with its `onError`. */
interface Reporting {
  readonly step: ReportingStep;
  readonly onError: HandlerErrorHandler<never> | HandlerErrorHandler<unknown> | undefined;
}

/** The reporters of one invocation. */
export function reportersOf(
  app: App,
  { step, onError }: Reporting,
  req: WebSocketEvent,
): Reporters {
  const hand = (error: TRPCError, place?: ErrorPlace): void =>
    callErrorHandler(onError as HandlerErrorHandler<unknown> | undefined, {
      error,
      type: place?.type ?? "unknown",
      path: place?.path,
      input: place?.input,
      ctx: place?.ctx,
      req,
    });
  const onThrown = onError && ((thrown: unknown) => hand(getTRPCErrorFromUnknown(thrown)));
  const tell = teller(app.onEvent, onThrown);
  return {
    observer: tell && new Observer(tell, { step, ...toldConnection(req) }),
    reportError(cause, place) {
      const error = getTRPCErrorFromUnknown(cause);
      hand(error, place);
      tell?.({
        type: "failed",
        step,
        error,
        code: error.code,
        ...toldPath(app, place?.path),
        ...toldConnection(req),
      });
    },
  };
}

/** The path of a request, unless it is a text that a client made up. */
export function toldPath(app: App, path: string | undefined): { readonly path?: string } {
  return path !== undefined && hasProcedure(app, path) ? { path } : {};
}

/** The connection of an event, which may be anything. */
export function toldConnection(event: WebSocketEvent): { readonly connectionId?: string } {
  const connectionId: unknown = event?.requestContext?.connectionId;
  const isId = typeof connectionId === "string" && isConnectionId(connectionId);
  return isId ? { connectionId } : {};
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
