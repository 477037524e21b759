import { getErrorShape, TRPCError } from "@trpc/server";
import type { TRPCErrorShape } from "@trpc/server/rpc";
import { ResumeGapError } from "../../errors/history.ts";
import type { ReplyTo } from "../../protocol/clientMessage.ts";
import { utf8Bytes } from "../../protocol/keyText.ts";
import { MAX_MESSAGE_BYTES } from "../../protocol/limits.ts";
import { errorFrame } from "../../protocol/serverMessage.ts";
import type { Invocation } from "./invocation.ts";
import { type ErrorPlace, errorForClient } from "./reportError.ts";

/**
 * The error frame of a request, through the router's `errorFormatter` and transformer. A formatter that throws, or that
 * makes more than API Gateway delivers, still leaves the client with an answer.
 */
export function errorText(
  invocation: Pick<Invocation, "app" | "options" | "reportError">,
  replyTo: ReplyTo,
  { cause, place }: { readonly cause: unknown; readonly place: ErrorPlace },
): string {
  const error = errorForClient(cause);
  try {
    const frame = errorFrame(replyTo, formattedShape(invocation, error, place));
    if (utf8Bytes(frame) <= MAX_MESSAGE_BYTES) return frame;
  } catch (formatterError) {
    invocation.reportError(formatterError, place);
  }
  const frame = errorFrame(replyTo, fallbackShape(invocation, error, place));
  if (utf8Bytes(frame) <= MAX_MESSAGE_BYTES) return frame;
  // The client's own path fills it. Whoever waits for the id can do without.
  const { path: _, ...withoutPath } = place;
  return errorFrame(replyTo, fallbackShape(invocation, error, withoutPath));
}

function formattedShape(
  { app, options }: Pick<Invocation, "app" | "options">,
  error: TRPCError,
  place: ErrorPlace,
): TRPCErrorShape {
  const config = app.router._def._config;
  const isDev = options.exposeStackTraces === true;
  const shape: TRPCErrorShape = getErrorShape({
    config: { ...config, isDev },
    error,
    type: place.type ?? "unknown",
    path: place.path,
    input: place.input,
    ctx: place.ctx,
  });
  const told = withGap(isDev ? shape : withoutStack(shape), error);
  return config.transformer.output.serialize(told);
}

/** PRECONDITION_FAILED may be an app's own. */
function withGap(shape: TRPCErrorShape, { cause }: TRPCError): TRPCErrorShape {
  if (!(cause instanceof ResumeGapError)) return shape;
  return { ...shape, data: { ...shape.data, cause: cause.code } };
}

/** A procedure's `.errors()` makes its shape where our `isDev` does not reach. */
function withoutStack(shape: TRPCErrorShape): TRPCErrorShape {
  if (typeof shape?.data !== "object" || shape.data === null || !("stack" in shape.data)) {
    return shape;
  }
  const { stack: _, ...data } = shape.data;
  return { ...shape, data };
}

function fallbackShape(
  { app }: Pick<Invocation, "app">,
  { code }: TRPCError,
  place: ErrorPlace,
): TRPCErrorShape {
  const config = app.router._def._config;
  const plain = new TRPCError({ code, message: "Internal server error" });
  const shape = getErrorShape({
    // tRPC's default formatter returns the shape it is given.
    config: { ...config, isDev: false, errorFormatter: ({ shape: own }) => own },
    error: plain,
    type: place.type ?? "unknown",
    path: place.path,
    input: undefined,
    ctx: undefined,
  });
  return config.transformer.output.serialize(shape);
}
