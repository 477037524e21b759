import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import {
  ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiClientConfig,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { vi } from "vitest";
import { createManagementClient } from "../../../../src/adapters/api-gateway/managementClient.ts";
import {
  apiGatewayTransport,
  type PostPath,
} from "../../../../src/adapters/api-gateway/transport.ts";
import type { Transport } from "../../../../src/publisher/transport.ts";

/** What the clients of these tests sign with. */
export const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: "FwoGZXIvYXdzEXAMPLE//token=",
};

/** A request that reached the management API. */
export interface Received {
  readonly request: IncomingMessage;
  readonly body: Buffer;
}

/** An HTTP server in place of API Gateway's management API, and clients of it. */
export class FakeManagementApi {
  readonly received: Received[] = [];
  /** TCP connections that clients opened. */
  connections = 0;
  /** Answers a request whose body has arrived. */
  answer: RequestListener = (_request, response) => void response.end();
  readonly #clients: ApiGatewayManagementApiClient[] = [];
  readonly #server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => Buffer.of());
    this.received.push({ request, body });
    // The SDK sets its clock by it, and Node's own header ignores fake timers.
    response.setHeader("date", new Date().toUTCString());
    this.answer(request, response);
  }).on("connection", () => {
    this.connections += 1;
  });

  async start(): Promise<void> {
    vi.stubEnv("AWS_REGION", "us-east-1");
    vi.stubEnv("AWS_ACCESS_KEY_ID", credentials.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", credentials.secretAccessKey);
    vi.stubEnv("AWS_SESSION_TOKEN", credentials.sessionToken);
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/prod`;
  }

  /** Nobody listens any more. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.close();
    vi.unstubAllEnvs();
  }

  /** A client that goes with {@link stop}. */
  keep(client: ApiGatewayManagementApiClient): ApiGatewayManagementApiClient {
    this.#clients.push(client);
    return client;
  }
}

/** Takes the place of the SDK's own scheme in `httpAuthSchemes`. */
export const ownAuthentication: NonNullable<
  ApiGatewayManagementApiClientConfig["httpAuthSchemes"]
>[number] = {
  schemeId: "aws.auth#sigv4",
  identityProvider: () => async () => ({}),
  signer: {
    async sign(request) {
      Object.assign(request.headers, { authorization: "own" });
      return request;
    },
  },
};

/** One way from `post` to the socket. */
export interface PathUnderTest {
  readonly name: string;
  readonly postPath: PostPath;
  readonly clientOf: (endpoint: string, maxSockets: number) => ApiGatewayManagementApiClient;
}

const clientOfUser = (endpoint: string, maxSockets: number): ApiGatewayManagementApiClient =>
  new ApiGatewayManagementApiClient({
    endpoint,
    maxAttempts: 1,
    requestHandler: { httpAgent: { keepAlive: true, maxSockets } },
  });

/** Every way a frame is posted. */
export const paths: readonly PathUnderTest[] = [
  { name: "send, client of ours", postPath: "send", clientOf: createManagementClient },
  { name: "send, client of a user", postPath: "send", clientOf: clientOfUser },
  { name: "signed, client of ours", postPath: "signed", clientOf: createManagementClient },
  { name: "signed, client of a user", postPath: "signed", clientOf: clientOfUser },
];

/** Whether a request went through the SDK's whole middleware: its retries add this header. */
export const wasSent = ({ request }: Received): boolean => "amz-sdk-request" in request.headers;

/** A transport on which the next posts take `path`: the first signed one is a `send`, whose request is copied. */
export async function transportOn(
  api: FakeManagementApi,
  { postPath }: PathUnderTest,
  client: ApiGatewayManagementApiClient,
): Promise<Transport> {
  const transport = apiGatewayTransport(client, { postPath });
  if (postPath === "signed") {
    const { answer } = api;
    api.answer = (_request, response) => void response.end();
    await transport.post("first", "{}", { signal: new AbortController().signal });
    api.answer = answer;
    api.received.length = 0;
  }
  return transport;
}

/** Posts one frame after the other; `true` for each that arrived and went through `send`. */
export async function fanOut(
  api: FakeManagementApi,
  transport: Transport,
  { count = 3, bulk = true } = {},
): Promise<readonly boolean[]> {
  api.received.length = 0;
  const { signal } = new AbortController();
  for (let index = 0; index < count; index++) {
    await transport.post(`c${index}`, "{}", { signal, bulk });
  }
  return api.received.map(wasSent);
}
