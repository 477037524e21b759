import { createHash } from "node:crypto";
import {
  DeleteConnectionCommand,
  IoTDataPlaneClient,
  SendDirectMessageCommand,
} from "@aws-sdk/client-iot-data-plane";
import { initTRPC } from "@trpc/server";
import { mockClient } from "aws-sdk-client-mock";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { describe, expect, it } from "vitest";
import { DataPlane } from "../../../../src/adapters/iot-core/dataPlane.ts";
import {
  type IotDirectOptions,
  iotDirectSettings,
} from "../../../../src/adapters/iot-core/direct/options.ts";
import { directTransport } from "../../../../src/adapters/iot-core/direct/transport.ts";
import { iot } from "../../../../src/adapters/iot-core/engine.ts";
import { memory } from "../../../../src/store/memory.ts";

const prefix = ["myapp", "dev"] as const;
const CLIENT = "myapp-dev-0123456789-_abcdefghij";
const signal = new AbortController().signal;

describe("iot({ delivery: 'direct' })", () => {
  it.each([
    ["prefix is []", { prefix: [] }],
    ["prefix has 42 characters, at most 41", { prefix: ["x".repeat(42)] }],
    ["needs a store", { store: undefined }],
    ["connectionTtlMs is 299999", { connectionTtlMs: 299_999 }],
    ["connectionTtlMs is 86400001", { connectionTtlMs: 86_400_001 }],
    ["connectionTtlMs is NaN", { connectionTtlMs: Number.NaN }],
    ['delivery is "both", neither "topic" nor "direct"', { delivery: "both" }],
  ])("refuses: %s", (problem, options) => {
    const given = { prefix, delivery: "direct", store: memory(), ...options } as never;
    expect(() => iot(given)).toThrow(
      expect.objectContaining({ code: "BUILDER", message: expect.stringContaining(problem) }),
    );
  });

  it("takes a prefix as long as it may be", () => {
    const longest = ["a", "x".repeat(39)] as const;
    expect(() => iot({ prefix: longest, delivery: "direct", store: memory() })).not.toThrow();
  });
});

/** A transport whose client of the SDK is a mock. */
function transport() {
  const sdk = new IoTDataPlaneClient({ region: "us-east-1", maxAttempts: 1 });
  const mock = mockClient(sdk);
  const settings = iotDirectSettings({ prefix, delivery: "direct", store: memory() });
  return { mock, ...directTransport(settings, new DataPlane({ client: sdk })) };
}

/** What the SDK throws when it is answered with a status, or not at all. */
const failing = (httpStatusCode: number | undefined, name = "Error") =>
  Object.assign(new Error("the reason"), {
    name,
    $metadata: httpStatusCode === undefined ? {} : { httpStatusCode },
  });

it("sends to one client, on the topic that nobody may subscribe to", async () => {
  const { mock, post } = transport();
  mock.on(SendDirectMessageCommand).resolves({});
  await post(CLIENT, '{"é":1}', { signal });
  expect(mock.commandCalls(SendDirectMessageCommand).map(({ args }) => args[0].input)).toEqual([
    {
      clientId: CLIENT,
      topic: "myapp/dev/messages",
      payload: new TextEncoder().encode('{"é":1}'),
    },
  ]);
});

it.each([
  [404, "gone"],
  [403, "forbidden"],
  [413, "tooLarge"],
  [429, "throttled"],
  [500, "transient"],
  [504, "transient"],
  [400, "unknown"],
  [undefined, "transient"],
])("takes the answer %s to a message for: %s", async (status, failure) => {
  const { mock, post } = transport();
  mock.on(SendDirectMessageCommand).rejects(failing(status));
  await expect(post(CLIENT, "{}", { signal })).rejects.toMatchObject({
    code: "TRANSPORT",
    failure,
  });
});

it("takes a success whose body broke off for one: another try would deliver it twice", async () => {
  const { mock, post } = transport();
  mock.on(SendDirectMessageCommand).rejects(failing(200, "SyntaxError"));
  await post(CLIENT, "{}", { signal });
  expect(mock.calls()).toHaveLength(1);
});

it("closes a connection; one that is closed already is a success, another refusal is not", async () => {
  const { mock, close } = transport();
  mock.on(DeleteConnectionCommand).resolves({});
  await close(CLIENT, signal);
  expect(mock.commandCalls(DeleteConnectionCommand)[0]?.args[0].input).toEqual({
    clientId: CLIENT,
  });
  mock.on(DeleteConnectionCommand).rejects(failing(404, "ResourceNotFoundException"));
  await close(CLIENT, signal);
  mock.on(DeleteConnectionCommand).rejects(failing(403));
  await expect(close(CLIENT, signal)).rejects.toMatchObject({ failure: "forbidden" });
});

it.each([
  "",
  "other-dev-0123456789-_abcdefghij",
  "myapp-dev-",
  `${CLIENT}x`,
  "myapp-dev-../../../topics/abcdef",
  `${CLIENT}\n`,
])("calls nobody for %j, which is no client of the prefix", async (clientId) => {
  const { mock, post, close } = transport();
  const refused = { code: "TRANSPORT", failure: "unknown" };
  await expect(post(clientId, "{}", { signal })).rejects.toMatchObject(refused);
  await expect(close(clientId, signal)).rejects.toMatchObject(refused);
  expect(mock.calls()).toEqual([]);
});

describe("the authorizer", () => {
  const secret = "x".repeat(43);
  const hash = createHash("sha256").update(secret).digest("base64url").slice(0, 22);
  const clientId = `myapp-dev-${hash}`;
  const password = Buffer.from(secret).toString("base64");
  const http = { queryString: "?a=1&a=2&b=%20", headers: { "X-Tab": "7" } };
  const event = { protocolData: { http, mqtt: { clientId, password } } };
  const context = { invokedFunctionArn: "arn:aws-cn:lambda:cn-north-1:123456789012:function:f" };
  const router = initTRPC.create().router({});
  const chainOf = (more: Partial<IotDirectOptions> = {}) =>
    initSubscriptions<string>()
      .router({ router })
      .engine(iot({ prefix, delivery: "direct", store: memory(), ...more }));

  it.each([
    [7_200_000, {}],
    [300_000, { connectionTtlMs: 300_000 }],
    [86_400_000, { connectionTtlMs: 86_400_000 }],
  ])("lets a connection live %s ms, its rows a quarter of an hour more", async (ttlMs, more) => {
    const store = memory();
    const before = Date.now();
    expect(await chainOf({ store, ...more }).authorizer()(event, context)).toMatchObject({
      isAuthenticated: true,
      principalId: expect.stringMatching(/^[A-Za-z0-9]{20,128}$/),
      disconnectAfterInSeconds: ttlMs / 1000,
      refreshAfterInSeconds: ttlMs / 1000,
    });
    const row = await store.getConnection(clientId);
    const liveMs = Number(row?.expireAt) * 1000 - before - 15 * 60_000;
    expect(liveMs).toBeGreaterThanOrEqual(ttlMs - 1_000);
    expect(liveMs).toBeLessThan(ttlMs + 60_000);
  });

  it("names resources of the account, region and partition that it runs in", async () => {
    const { policyDocuments } = await chainOf().authorizer()(event, context);
    const arn = (resource: string): string => `arn:aws-cn:iot:cn-north-1:123456789012:${resource}`;
    const allow = (Action: string, resource: string) => ({
      Effect: "Allow",
      Action,
      Resource: arn(resource),
    });
    expect(policyDocuments.flatMap(({ Statement }) => Statement)).toEqual([
      allow("iot:Connect", `client/${clientId}`),
      allow("iot:Publish", `topic/myapp/dev/requests/${clientId}`),
      allow("iot:Receive", "topic/myapp/dev/messages"),
    ]);
  });

  it("gives authorize the query and the headers, and keeps its session", async () => {
    const store = memory();
    const authorizer = chainOf({ store }).authorizer({
      authorize: ({ query, headers, connection }) => ({
        session: [query["a"], query["b"], headers["x-tab"], connection.id].join(),
      }),
    });
    expect(await authorizer(event, context)).toMatchObject({ isAuthenticated: true });
    const row = await store.getConnection(clientId);
    expect(row?.session).toBe(JSON.stringify(`2, ,7,${clientId}`));
  });

  it("tells of who comes with another's id, and gives authorize Lambda's context", async () => {
    const told: object[] = [];
    const given: unknown[] = [];
    const authorizer = initSubscriptions<string>({ onEvent: (one) => void told.push(one) })
      .router({ router })
      .engine(iot({ prefix, delivery: "direct", store: memory() }))
      .authorizer({
        authorize: (options) => {
          given.push(options.context);
          return { session: "ann" };
        },
      });
    const foreign = { clientId: `myapp-dev-${"A".repeat(22)}`, password };
    const refused = await authorizer({ protocolData: { mqtt: foreign } }, context);
    expect(refused).toMatchObject({ isAuthenticated: false, policyDocuments: [] });
    expect(told).toMatchObject([
      { type: "failed", step: "connect", code: "UNAUTHORIZED" },
      { type: "connectionRefused", status: 401, code: "UNAUTHORIZED" },
    ]);
    expect(given).toEqual([]);
    await authorizer(event, context);
    expect(given).toEqual([context]);
  });

  it("has a policy that IoT Core takes, for the longest prefix too", async () => {
    const longest = ["a", "b", "c", "d", "x".repeat(33)] as const;
    const id = `${longest.join("-")}-${hash}`;
    const given = { protocolData: { mqtt: { clientId: id, password } } };
    const answer = await chainOf({ prefix: longest }).authorizer()(given, context);
    expect(answer.isAuthenticated).toBe(true);
    expect(JSON.stringify(answer.policyDocuments[0]).length).toBeLessThan(2_048);
  });
});
