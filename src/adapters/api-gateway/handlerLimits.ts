import { BuilderError } from "../../errors.ts";
import type { CreateHandlerOptions } from "./handlerOptions.ts";

/** The numbers of a handler, with their defaults. */
export type HandlerLimits = Required<
  Pick<CreateHandlerOptions, "maxBatchSize" | "connectionParamsTimeoutMs" | "handOverAfterMs">
>;

const DEFAULTS: HandlerLimits = {
  maxBatchSize: 200,
  connectionParamsTimeoutMs: 3_000,
  handOverAfterMs: 110 * 60 * 1000,
};

/**
 * Fills in the defaults.
 *
 * @throws {@link BuilderError} for what is no such number; `NaN` would refuse every message, or wait for ever
 */
export function handlerLimits(options: CreateHandlerOptions): HandlerLimits {
  const number = (name: keyof HandlerLimits, least: number): number => {
    const value: unknown = options[name] ?? DEFAULTS[name];
    if (typeof value === "number" && value >= least) return value;
    throw new BuilderError(
      `handler(): ${name} is ${String(value)}, not a number of ${least} or more.`,
    );
  };
  return {
    maxBatchSize: number("maxBatchSize", 1),
    connectionParamsTimeoutMs: number("connectionParamsTimeoutMs", 0),
    handOverAfterMs: number("handOverAfterMs", 0),
  };
}
