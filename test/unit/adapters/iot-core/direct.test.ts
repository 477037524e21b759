import {
  DeleteConnectionCommand,
  IoTDataPlaneClient,
  SendDirectMessageCommand,
} from "@aws-sdk/client-iot-data-plane";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { DataPlane } from "../../../../src/adapters/iot-core/dataPlane.ts";
import { iotDirectSettings } from "../../../../src/adapters/iot-core/direct/options.ts";
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
