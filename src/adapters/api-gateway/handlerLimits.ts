import type { CreateHandlerOptions } from "./handlerOptions.ts";

/** The numbers of a handler, with their defaults. */
export type HandlerLimits = Required<
  Pick<CreateHandlerOptions, "maxBatchSize" | "connectionParamsTimeoutMs" | "handOverAfterMs">
>;

/** Fills in the defaults. */
export function handlerLimits({
  maxBatchSize = 200,
  connectionParamsTimeoutMs = 3_000,
  handOverAfterMs = 110 * 60 * 1000,
}: CreateHandlerOptions): HandlerLimits {
  return { maxBatchSize, connectionParamsTimeoutMs, handOverAfterMs };
}
