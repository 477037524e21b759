import { Readable } from "node:stream";
import { text } from "node:stream/consumers";

/** A response as the SDK's request handlers give it. */
interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The fields of an error that the management API puts into its body. */
type ErrorBody = Readonly<Record<string, unknown>>;

/** An answer other than success as the error the SDK would throw: named by the service, with its message and status. */
export async function answerError({ statusCode, headers, body }: Answer): Promise<Error> {
  const fields = parse(await textOf(body));
  const message = [fields["message"], fields["Message"]].find((field) => typeof field === "string");
  return Object.assign(new Error(message ?? "UnknownError"), {
    name: nameOf(headers, fields),
    $metadata: { httpStatusCode: statusCode, requestId: headers["x-amzn-requestid"] },
  });
}

/** From the header, else the body; a name may come with a namespace before `#` and a link after `:`. */
function nameOf(headers: Answer["headers"], { code, Code, __type: type }: ErrorBody): string {
  const raw = [headers["x-amzn-errortype"], code, Code, type].find(
    (value) => typeof value === "string",
  );
  const name = raw?.split(",", 1)[0]?.split(":", 1)[0];
  return name?.split("#")[1] ?? name ?? "Unknown";
}

/** Reads a body to its end. Proxies answer with HTML, or nothing; an answer that is cut off still has its status. */
export async function textOf(body: unknown): Promise<string> {
  if (body instanceof Uint8Array) return new TextDecoder().decode(body);
  if (!(body instanceof Readable || body instanceof ReadableStream)) return "";
  return text(body).catch(() => "");
}

function parse(json: string): ErrorBody {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
