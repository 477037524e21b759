import {
  ApiGatewayManagementApiClient,
  type PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";

/** Time to open a TCP connection to API Gateway. */
const CONNECTION_TIMEOUT_MS = 2_000;

/** Clients whose middleware takes its signal from {@link signals}. */
const clientsOfOurs = new WeakSet<ApiGatewayManagementApiClient>();

/** What ends the request made of a command's input. */
const signals = new WeakMap<object, AbortSignal>();

/**
 * The management client for one endpoint.
 *
 * The SDK tries once: the retries are the publisher's, who knows the deadline and does not let one slow client hold a
 * place in the pool. The SDK's default of 50 sockets would silently be the concurrency limit.
 *
 * The SDK puts its middleware together once instead of for every command (`cacheMiddleware`), which it does only for
 * commands sent without options. The signal of a command therefore takes another way, see {@link sendPost}.
 */
export function createManagementClient(
  endpoint: string,
  maxSockets: number,
): ApiGatewayManagementApiClient {
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    maxAttempts: 1,
    cacheMiddleware: true,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      httpAgent: { keepAlive: true, maxSockets },
      httpsAgent: { keepAlive: true, maxSockets },
    },
  });
  takeSignals(client);
  return client;
}

/** Tells a client of {@link createManagementClient} from one that a user brought. */
export function isClientOfOurs(client: ApiGatewayManagementApiClient): boolean {
  return clientsOfOurs.has(client);
}

/**
 * Sends one post through the client's `send`.
 *
 * @throws what the SDK rejects with
 */
export async function sendPost(
  client: ApiGatewayManagementApiClient,
  command: PostToConnectionCommand,
  signal: AbortSignal,
): Promise<void> {
  if (clientsOfOurs.has(client)) {
    signals.set(command.input, signal);
    await client.send(command);
  } else {
    await client.send(command, { abortSignal: signal });
  }
}

/** Last in the chain, so that the SDK's own call of the request handler, which knows no signal, is not reached. */
function takeSignals(client: ApiGatewayManagementApiClient): void {
  const { config, middlewareStack } = client as Partial<ApiGatewayManagementApiClient>;
  // A test's stand-in for the class may have neither.
  if (config === undefined || middlewareStack === undefined) return;
  middlewareStack.add(
    (next) => (args) => {
      const abortSignal = signals.get(args.input);
      if (abortSignal === undefined) return next(args);
      return config.requestHandler.handle(args.request, { abortSignal });
    },
    { step: "deserialize", priority: "low", name: "abortBySignalOfInput" },
  );
  clientsOfOurs.add(client);
}
