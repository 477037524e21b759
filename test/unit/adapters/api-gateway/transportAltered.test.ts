import {
  ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiClientConfig,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createManagementClient } from "../../../../src/adapters/api-gateway/managementClient.ts";
import { apiGatewayTransport } from "../../../../src/adapters/api-gateway/transport.ts";
import { FakeManagementApi, fanOut, ownAuthentication } from "./fakeManagementApi.ts";

let api: FakeManagementApi;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  api = new FakeManagementApi();
  await api.start();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await api.stop();
  vi.useRealTimers();
});

const clientOfUser = (
  config: Partial<ApiGatewayManagementApiClientConfig> = {},
): ApiGatewayManagementApiClient =>
  api.keep(
    new ApiGatewayManagementApiClient({ endpoint: api.endpoint, maxAttempts: 1, ...config }),
  );

const allSent = [true, true, true];

describe("a mocked or replaced send sees each bulk post", () => {
  it("a mocked client sees each bulk post, and none is signed", async () => {
    const client = clientOfUser();
    const transport = apiGatewayTransport(client);
    expect(await fanOut(api, transport)).toEqual([true, false, false]);
    // Between two fan-outs, without a single post.
    const mock = mockClient(client);
    mock.on(PostToConnectionCommand).resolves({});
    expect(await fanOut(api, transport)).toEqual([]);
    expect(mock.commandCalls(PostToConnectionCommand).map(({ args }) => args[0].input)).toEqual(
      ["c0", "c1", "c2"].map((id) => ({ ConnectionId: id, Data: "{}" })),
    );
    mock.restore();
    expect(await fanOut(api, transport)).toEqual([false, false, false]);
  });

  it.each([
    ["a user", () => clientOfUser()],
    ["ours", () => api.keep(createManagementClient(api.endpoint, 4))],
  ])("a mock of the class sees each bulk post of a client of %s", async (_name, make) => {
    const transport = apiGatewayTransport(make());
    await fanOut(api, transport);
    const mock = mockClient(ApiGatewayManagementApiClient);
    mock.on(PostToConnectionCommand).resolves({});
    expect(await fanOut(api, transport)).toEqual([]);
    expect(mock.commandCalls(PostToConnectionCommand)).toHaveLength(3);
    // Made while the class is mocked.
    expect(await fanOut(api, apiGatewayTransport(make()))).toEqual([]);
    expect(mock.commandCalls(PostToConnectionCommand)).toHaveLength(6);
    mock.restore();
  });

  it("a spy on the base class of all SDK clients sees each bulk post", async () => {
    const spy = vi.spyOn(Object.getPrototypeOf(ApiGatewayManagementApiClient.prototype), "send");
    expect(await fanOut(api, apiGatewayTransport(clientOfUser()))).toEqual(allSent);
    expect(spy).toHaveBeenCalledTimes(3);
  });

  it("a subclass with its own send sees each bulk post", async () => {
    const sent: unknown[] = [];
    class Traced extends ApiGatewayManagementApiClient {
      override send: ApiGatewayManagementApiClient["send"] = (...args: readonly unknown[]) => {
        sent.push(args[0]);
        return Reflect.apply(ApiGatewayManagementApiClient.prototype.send, this, args);
      };
    }
    const client = api.keep(new Traced({ endpoint: api.endpoint, maxAttempts: 1 }));
    expect(await fanOut(api, apiGatewayTransport(client))).toEqual(allSent);
    expect(sent).toHaveLength(3);
  });
});

describe("own middleware", () => {
  type Stack = ApiGatewayManagementApiClient["middlewareStack"];
  let runs: number;
  const own =
    <Args, Result>(next: (args: Args) => Promise<Result>) =>
    (args: Args) => {
      runs += 1;
      return next(args);
    };

  it.each<[place: string, add: (stack: Stack) => void]>([
    ["at a step", (stack) => stack.add(own, { step: "build", name: "own" })],
    ["without a name", (stack) => stack.add(own, { step: "finalizeRequest" })],
    [
      "next to one of the client",
      (stack) =>
        stack.addRelativeTo(own, { relation: "after", toMiddleware: "hostHeaderMiddleware" }),
    ],
    [
      "next to one of the command",
      (stack) =>
        stack.addRelativeTo(own, { relation: "before", toMiddleware: "endpointV2Middleware" }),
    ],
  ])("%s runs for each bulk post", async (_place, add) => {
    runs = 0;
    const client = clientOfUser();
    const transport = apiGatewayTransport(client);
    await fanOut(api, transport);
    add(client.middlewareStack);
    // Every fan-out begins with a post that is not bulk.
    await fanOut(api, transport, { count: 1, bulk: false });
    expect(await fanOut(api, transport)).toEqual(allSent);
    expect(runs).toBe(4);
  });

  it("a middleware that was taken away counts too", async () => {
    const client = clientOfUser();
    client.middlewareStack.remove("recursionDetectionMiddleware");
    expect(await fanOut(api, apiGatewayTransport(client))).toEqual(allSent);
  });
});

describe("another part of the user's own", () => {
  it("a logger is told of each bulk post", async () => {
    const info = vi.fn();
    const logger = { debug: () => undefined, info, warn: () => undefined, error: () => undefined };
    expect(await fanOut(api, apiGatewayTransport(clientOfUser({ logger })))).toEqual(allSent);
    expect(info).toHaveBeenCalledTimes(3);
  });

  it("own authentication is used for each bulk post", async () => {
    const client = clientOfUser({ httpAuthSchemes: [ownAuthentication] });
    expect(await fanOut(api, apiGatewayTransport(client))).toEqual(allSent);
    const given = api.received.map(({ request }) => request.headers.authorization);
    expect(given).toEqual(["own", "own", "own"]);
  });

  it("an own choice of authentication is asked for each bulk post", async () => {
    const httpAuthSchemeProvider = vi.fn(() => [
      {
        schemeId: "aws.auth#sigv4",
        signingProperties: { name: "execute-api", region: "us-east-1" },
        propertiesExtractor: (config: object, context: object) => ({
          signingProperties: { config, context },
        }),
      },
    ]);
    const client = clientOfUser({ httpAuthSchemeProvider });
    expect(await fanOut(api, apiGatewayTransport(client))).toEqual(allSent);
    expect(httpAuthSchemeProvider).toHaveBeenCalledTimes(3);
  });

  it.each([undefined, { handlerProtocol: "h2" }])(
    "a request handler with the metadata %j gets whole requests of the SDK",
    async (metadata) => {
      const sent: boolean[] = [];
      const handle = async ({ headers }: { readonly headers: object }): Promise<object> => {
        sent.push("amz-sdk-request" in headers);
        return { response: { statusCode: 200, headers: {}, body: new Uint8Array() } };
      };
      await fanOut(
        api,
        apiGatewayTransport(clientOfUser({ requestHandler: { handle, metadata } })),
      );
      expect(sent).toEqual(allSent);
    },
  );
});
