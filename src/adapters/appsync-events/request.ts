import { TransportError } from "../../errors.ts";
import type { PublishResponse } from "./answer.ts";
import type { RequestHeaders } from "./requestHeaders.ts";

/** Where and how requests are sent. */
export interface Endpoint {
  readonly url: URL;
  readonly headers: RequestHeaders;
  readonly requestTimeoutMs: number;
}

/**
 * Sends one request, and waits for its whole answer.
 *
 * @throws {@link TransportError} when there is none, in time or before the signal aborts, or there are no credentials
 */
export async function post(
  { url, headers, requestTimeoutMs }: Endpoint,
  body: string,
  signal: AbortSignal,
): Promise<PublishResponse> {
  const attempt = new AbortController();
  const late = (): void => attempt.abort(new Error(`no answer within ${requestTimeoutMs} ms`));
  const end = (): void => attempt.abort(new Error("the publish is over its deadline"));
  const timer = Number.isFinite(requestTimeoutMs) ? setTimeout(late, requestTimeoutMs) : undefined;
  signal.addEventListener("abort", end, { once: true });
  try {
    if (signal.aborted) end();
    const signed = await headers(body);
    // A redirect would take the headers, which prove who we are, to wherever it says.
    const init = { method: "POST", headers: signed, body, redirect: "manual" } as const;
    const response = await fetch(url, { ...init, signal: attempt.signal });
    return { statusCode: response.status, text: await response.text() };
  } catch (cause) {
    if (cause instanceof TransportError) throw cause;
    const reason = attempt.signal.aborted ? attempt.signal.reason : cause;
    throw new TransportError("transient", `AppSync Events: ${textOf(reason)}`, { cause });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

/** Of a failed `fetch` the message says nothing; its cause does. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
