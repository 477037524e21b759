import {
  ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiClientConfig,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createManagementClient } from "../../../../src/adapters/api-gateway/managementClient.ts";
import { apiGatewayTransport } from "../../../../src/adapters/api-gateway/transport.ts";
import { FakeManagementApi, fanOut, ownAuthentication, wasSent } from "./fakeManagementApi.ts";

const { signal } = new AbortController();

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

describe("auto, the default", () => {
  it.each([
    ["of ours", () => api.keep(createManagementClient(api.endpoint, 4))],
    ["of a user", () => clientOfUser()],
    [
      "of a user with credentials",
      () =>
        clientOfUser({
          credentials: { accessKeyId: "a", secretAccessKey: "b" },
          region: "eu-west-1",
        }),
    ],
  ])(
    "a client %s: single posts are sent, bulk ones signed after the first",
    async (_name, make) => {
      const transport = apiGatewayTransport(make());
      expect(await fanOut(api, transport, { bulk: false })).toEqual([true, true, true]);
      expect(await fanOut(api, transport)).toEqual([true, false, false]);
      expect(await fanOut(api, transport, { bulk: false })).toEqual([true, true, true]);
      expect(await fanOut(api, transport)).toEqual([false, false, false]);
    },
  );

  it("bulk posts before the first one's request is there are sent", async () => {
    const transport = apiGatewayTransport(clientOfUser());
    const ids = ["a", "b", "c"];
    await Promise.all(ids.map((id) => transport.post(id, "{}", { signal, bulk: true })));
    expect(api.received.map(wasSent)).toEqual([true, true, true]);
    expect(await fanOut(api, transport)).toEqual([false, false, false]);
  });

  it("copies a request for a second, and none from before the clock was set back", async () => {
    const transport = apiGatewayTransport(clientOfUser());
    expect(await fanOut(api, transport)).toEqual([true, false, false]);
    vi.setSystemTime(Date.now() + 999);
    expect(await fanOut(api, transport)).toEqual([false, false, false]);
    vi.setSystemTime(Date.now() + 1);
    expect(await fanOut(api, transport)).toEqual([true, false, false]);
    vi.setSystemTime(Date.now() - 1);
    expect(await fanOut(api, transport)).toEqual([true, false, false]);
  });
});

describe("auto: the request that is copied", () => {
  it("a first post that fails on its way lets the next ones be signed", async () => {
    const transport = apiGatewayTransport(clientOfUser());
    api.answer = (request) => request.socket.destroy();
    await expect(fanOut(api, transport, { count: 1 })).rejects.toMatchObject({
      failure: "transient",
    });
    api.answer = (_request, response) => void response.end();
    expect(await fanOut(api, transport)).toEqual([false, false, false]);
  });

  it("a first post that never got as far as a request does not keep the others from trying", async () => {
    let isThere = false;
    const transport = apiGatewayTransport(
      clientOfUser({
        region: async () => {
          if (isThere) return "us-east-1";
          throw new Error("no region");
        },
      }),
    );
    await expect(fanOut(api, transport, { count: 1 })).rejects.toThrow("no region");
    isThere = true;
    expect(await fanOut(api, transport)).toEqual([true, false, false]);
  });

  it("after a 403 the next post takes the SDK's whole way", async () => {
    const transport = apiGatewayTransport(clientOfUser());
    await fanOut(api, transport);
    api.answer = (_request, response) => void response.writeHead(403).end();
    await expect(fanOut(api, transport, { count: 1 })).rejects.toMatchObject({
      failure: "forbidden",
    });
    api.answer = (_request, response) => void response.end();
    expect(await fanOut(api, transport)).toEqual([true, false, false]);
  });

  it("the endpoint is the one the client finds: from the environment", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", `${api.endpoint}/from-environment`);
    const client = new ApiGatewayManagementApiClient({ maxAttempts: 1 });
    expect(await fanOut(api, apiGatewayTransport(api.keep(client)))).toEqual([true, false, false]);
    expect(new Set(api.received.map(({ request }) => request.url?.split("@")[0]))).toEqual(
      new Set(["/prod/from-environment/"]),
    );
  });
});

describe("a forced path", () => {
  it("send: a client of ours puts the SDK's middleware together once for all posts", async () => {
    const resolve = vi.spyOn(PostToConnectionCommand.prototype, "resolveMiddleware");
    const client = api.keep(createManagementClient(api.endpoint, 4));
    expect(await fanOut(api, apiGatewayTransport(client, { postPath: "send" }))).toHaveLength(3);
    expect(resolve).toHaveBeenCalledTimes(1);
  });

  it("send: no post is signed", async () => {
    const transport = apiGatewayTransport(clientOfUser(), { postPath: "send" });
    expect(await fanOut(api, transport)).toEqual([true, true, true]);
  });

  it("signed: single posts and those of an altered client, too; its middleware sees the first", async () => {
    const client = clientOfUser();
    let runs = 0;
    client.middlewareStack.add((next) => (args) => {
      runs += 1;
      return next(args);
    });
    const transport = apiGatewayTransport(client, { postPath: "signed" });
    expect(await fanOut(api, transport, { bulk: false })).toEqual([true, false, false]);
    expect(runs).toBe(1);
  });

  it("signed: a mocked client builds no request to copy, so it gets every post", async () => {
    const client = clientOfUser();
    const mock = mockClient(client);
    mock.on(PostToConnectionCommand).resolves({});
    expect(await fanOut(api, apiGatewayTransport(client, { postPath: "signed" }))).toEqual([]);
    expect(mock.commandCalls(PostToConnectionCommand)).toHaveLength(3);
  });

  it.each([
    ["body", { body: "[]" }],
    ["path", { path: "/elsewhere" }],
    ["method", { method: "PUT" }],
  ])("signed: a middleware that changes the %s gets every post", async (_name, change) => {
    const client = clientOfUser();
    client.middlewareStack.add(
      (next) => (args) => next({ ...args, request: Object.assign(args.request ?? {}, change) }),
      { step: "build" },
    );
    const transport = apiGatewayTransport(client, { postPath: "signed" });
    expect(await fanOut(api, transport)).toEqual([true, true, true]);
  });

  it("signed: a client whose SDK has no signer to call is sent with", async () => {
    const client = clientOfUser({ httpAuthSchemes: [ownAuthentication] });
    Reflect.deleteProperty(client.config, "signer");
    const transport = apiGatewayTransport(client, { postPath: "signed" });
    expect(await fanOut(api, transport)).toEqual([true, true, true]);
  });
});
