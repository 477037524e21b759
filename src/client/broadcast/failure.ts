import { TRPCClientError } from "@trpc/client";
import { BrokerConnectionError } from "../../errors/broadcast.ts";

/** Refusals in a row after which a subscription that had started ends too: two minutes with the usual pauses. */
export const MAX_REFUSALS = 5;

/** Answers that say nothing about the request: whoever asks again may get another one. */
const PASSING_STATUS: readonly number[] = [408, 425, 429];

/** What the server made of a request for a grant. */
export type GrantAnswer =
  /** It said no, and will again. */
  | "refused"
  /** It answered with an error of its own. */
  | "failed"
  /** It did not answer. */
  | "unanswered";

/** Reads an error of the link that asked for a grant. */
export function grantAnswer(error: unknown): GrantAnswer {
  if (!(error instanceof TRPCClientError) || !isObject(error.shape)) return "unanswered";
  const data: unknown = error.shape["data"];
  const status = isObject(data) ? data["httpStatus"] : undefined;
  if (typeof status !== "number") return "failed";
  return status >= 400 && status < 500 && !PASSING_STATUS.includes(status) ? "refused" : "failed";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** An error as subscriptions are given it. */
export function clientError(error: Error): TRPCClientError<never> {
  return error instanceof TRPCClientError ? error : TRPCClientError.from<never>(error);
}

/** Of PRECONDITION_FAILED. https://trpc.io/docs/server/error-handling */
const GAP = { code: "PRECONDITION_FAILED", httpStatus: 412, cause: "RESUME_GAP" };
const GAP_CODE = -32_012;

/** What a subscription ends with that cannot be told what it missed: the error that there is on API Gateway. */
export function gapError(path: string, message: string): Error {
  return TRPCClientError.from<never>({
    error: { message, code: GAP_CODE, data: { ...GAP, path } } as never,
  });
}

/** Whatever was thrown, as an error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/**
 * What `work` resolves to, if it does in time; its signal aborts when it does not.
 *
 * @throws {@link BrokerConnectionError} when it takes longer, or `outer` aborts
 */
export function inTime<T>(
  limit: { readonly what: string; readonly timeoutMs: number; readonly outer?: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { what, timeoutMs, outer } = limit;
  const inner = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const giveUp = (problem: string): void => {
      reject(new BrokerConnectionError(`${what}: ${problem}`));
      inner.abort();
    };
    const onOuter = (): void => giveUp("no longer wanted");
    const timer = setTimeout(() => giveUp(`no answer within ${timeoutMs} ms`), timeoutMs);
    outer?.addEventListener("abort", onOuter);
    const end = (): void => {
      clearTimeout(timer);
      outer?.removeEventListener("abort", onOuter);
    };
    work(inner.signal).then(resolve, reject).finally(end);
    inner.signal.addEventListener("abort", end);
  });
}
