import { TransportError, type TransportFailure } from "../../errors.ts";

/** What became of one event of a request. */
export type EventVerdict =
  | { readonly status: "sent" }
  | { readonly status: "failed"; readonly error: TransportError };

/** An answer to `POST /event`. */
export interface PublishResponse {
  readonly statusCode: number;
  readonly text: string;
}

/** Whether another try is worth it. */
export function isPassing({ failure }: TransportError): boolean {
  return failure === "throttled" || failure === "transient";
}

/**
 * What AppSync said of each event, in their order. A 200 may still have failures in it, and an event that it says
 * nothing of has failed.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/eventapi/publish-http.html
 */
export function verdictsOf(response: PublishResponse, count: number): readonly EventVerdict[] {
  const { statusCode, text } = response;
  const body = parsed(text);
  if (statusCode !== 200) {
    const error = failureOf(statusCode, describe(listed(body, "errors")[0]) ?? text.slice(0, 200));
    return Array.from({ length: count }, () => ({ status: "failed", error }));
  }
  const sent = new Set(listed(body, "successful").map(({ index }) => index));
  const failed = new Map(listed(body, "failed").map((event) => [event["index"], event]));
  return Array.from({ length: count }, (_, index): EventVerdict => {
    const failure = failed.get(index);
    if (failure === undefined && sent.has(index)) return { status: "sent" };
    const code = Number(failure?.["code"] ?? failure?.["errorCode"]);
    const error = failureOf(code, describe(failure) ?? "it is neither successful nor failed");
    return { status: "failed", error };
  });
}

function failureOf(code: number, description: string): TransportError {
  const status = Number.isInteger(code) ? `${code}: ` : "";
  const advice = ADVICE.get(code) ?? "";
  return new TransportError(
    kindOf(code),
    `AppSync Events refused an event: ${status}${description}${advice}`,
  );
}

const PERMISSION =
  ". Publishing takes an API key that the namespace allows, or appsync:EventPublish on the namespace in this region.";
const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, PERMISSION],
  [403, PERMISSION],
]);

function kindOf(code: number): TransportFailure {
  if (code === 401 || code === 403) return "forbidden";
  if (code === 413) return "tooLarge";
  if (code === 429) return "throttled";
  return code >= 500 && code < 600 ? "transient" : "unknown";
}

type Item = Readonly<Record<string, unknown>>;

function describe(item: Item | undefined): string | undefined {
  const parts = [item?.["errorType"], item?.["message"] ?? item?.["errorMessage"]];
  const texts = parts.filter((part) => typeof part === "string" && part !== "");
  return texts.length === 0 ? undefined : texts.join(": ");
}

function listed(body: unknown, name: string): readonly Item[] {
  const list: unknown = isObject(body) ? body[name] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Item {
  return typeof value === "object" && value !== null;
}
