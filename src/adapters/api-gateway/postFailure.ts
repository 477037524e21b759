import { TransportError, type TransportFailure } from "../../errors.ts";

/**
 * What the management API, the network or the SDK said, as the error of a transport.
 *
 * @param error - as the SDK throws it: its status, where there was an answer, in `$metadata.httpStatusCode`
 */
export function transportError(error: unknown): TransportError {
  const { name = "Error", message = String(error) } = describe(error);
  return new TransportError(failureOf(error), `API Gateway: ${name}: ${message}`, { cause: error });
}

/**
 * By status, because the error's name is `Unknown` when a proxy or VPC endpoint drops the `x-amzn-errortype` header.
 *
 * @see https://docs.aws.amazon.com/apigatewaymanagementapi/latest/api/API_PostToConnection.html
 */
function failureOf(error: unknown): TransportFailure {
  const { name, status, message } = describe(error);
  switch (status) {
    case 410:
      return "gone";
    case 400:
      // API Gateway's answer to an id that never was one; any other 400 says nothing about the connection.
      return message?.includes("connectionId") ? "gone" : "unknown";
    case 403:
      return "forbidden";
    case 413:
      return "tooLarge";
    case 429:
      return "throttled";
    default:
      break;
  }
  if (status !== undefined) return status >= 500 ? "transient" : "unknown";
  // No answer at all: the request or the network failed. A missing region or credential is not worth another try.
  return name === "CredentialsProviderError" ? "unknown" : "transient";
}

/** HTTP status of an error as the SDK throws it; `undefined` where there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return describe(error).status;
}

interface Described {
  readonly name?: string;
  readonly message?: string;
  readonly status?: number;
}

function describe(error: unknown): Described {
  if (!(error instanceof Error)) return {};
  const metadata: unknown = Reflect.get(error, "$metadata");
  const status: unknown =
    typeof metadata === "object" && metadata !== null
      ? Reflect.get(metadata, "httpStatusCode")
      : undefined;
  return {
    name: error.name,
    message: error.message,
    ...(typeof status === "number" ? { status } : {}),
  };
}
