import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { TransportError, type TransportFailure } from "../../errors.ts";
import type { Transport } from "../../publisher/transport.ts";

/** Time to open a TCP connection to API Gateway. */
const CONNECTION_TIMEOUT_MS = 2_000;

/**
 * The management client for one endpoint.
 *
 * The SDK tries once: the retries are `deliver`'s, which knows the deadline and does not let one slow client hold a
 * place in the pool. The SDK's default of 50 sockets would silently be the concurrency limit.
 */
export function createManagementClient(
  endpoint: string,
  maxSockets: number,
): ApiGatewayManagementApiClient {
  return new ApiGatewayManagementApiClient({
    endpoint,
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      httpAgent: { keepAlive: true, maxSockets },
      httpsAgent: { keepAlive: true, maxSockets },
    },
  });
}

/** Posts through the management API of a WebSocket API. */
export function apiGatewayTransport(client: ApiGatewayManagementApiClient): Transport {
  return {
    async post(connectionId, frame, signal) {
      const command = new PostToConnectionCommand({ ConnectionId: connectionId, Data: frame });
      await client.send(command, { abortSignal: signal }).catch(rethrow);
    },
    async close(connectionId, signal) {
      const command = new DeleteConnectionCommand({ ConnectionId: connectionId });
      await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
        if (failureOf(error) !== "gone") rethrow(error);
      });
    },
  };
}

function rethrow(error: unknown): never {
  const failure = failureOf(error);
  const { name = "Error", message = String(error) } = describe(error);
  throw new TransportError(failure, `API Gateway: ${name}: ${message}`, { cause: error });
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
