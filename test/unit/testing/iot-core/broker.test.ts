import { expect, it } from "vitest";
import type { IotAuthorizerEvent } from "../../../../src/adapters/iot-core/event.ts";
import { answerOf, arn, openAuthorizer } from "./openAuthorizer.ts";
import { testIotCore } from "./testIotCore.ts";

const VERSIONS = [4, 5] as const;

it.each(VERSIONS)("carries messages of version %s between clients", async (protocolVersion) => {
  const { connect, next } = await testIotCore();
  const { client, messages } = await connect("a", { protocolVersion });
  const other = await connect("b", { protocolVersion: 5 });
  // Both filters cover it, and it comes once.
  await client.subscribeAsync(["open/+/x", "open/1/x", "open/deep/#"], { qos: 1 });
  await client.publishAsync("open/1/x", "1", { qos: 1 });
  await client.publishAsync("open/deep", "the level above # does not count", { qos: 1 });
  await client.publishAsync("open/deep/a/b", "2", { qos: 0 });
  await expect.poll(() => messages).toEqual(["open/1/x: 1", "open/deep/a/b: 2"]);
  await client.unsubscribeAsync(["open/+/x", "open/1/x"]);
  await client.publishAsync("open/1/x", "3", { qos: 1 });
  expect(await next("published")).toMatchObject({ topic: "open/1/x", receivers: 1 });
  expect([messages.length, other.messages]).toEqual([2, []]);
});

it.each([
  [4, undefined],
  [5, 0x87],
] as const)(
  "in version %s ends who subscribes to what its policy does not allow",
  async (...row) => {
    const [protocolVersion, reasonCode] = row;
    const { connect, next } = await testIotCore();
    const { client, closed } = await connect("a", { protocolVersion });
    const subscribing = client.subscribeAsync("closed/a").catch((error: Error) => error.message);
    expect(await closed).toBe(reasonCode);
    expect(await next("denied")).toMatchObject({ action: "iot:Subscribe", resource: "closed/a" });
    client.end(true);
    await subscribing;
  },
);

it("answers it instead, if it is told to", async () => {
  const { connect } = await testIotCore({ refusedSubscribe: "suback" });
  const { client } = await connect("a", { protocolVersion: 5 });
  await expect(client.subscribeAsync("closed/a")).rejects.toThrow("Not authorized");
  expect(client.connected).toBe(true);
});

it.each(["closed/a", "open/denied"])("ends who publishes to %s", async (topic) => {
  const { connect, next } = await testIotCore();
  const { client, closed } = await connect("a", { protocolVersion: 5 });
  client.publish(topic, "x", { qos: 1 });
  expect(await closed).toBe(0x87);
  expect(await next("denied")).toMatchObject({ action: "iot:Publish", resource: topic });
});

it("does not deliver what a policy denies to receive, though it lets subscribe", async () => {
  const { connect, next } = await testIotCore({
    authorizers: {
      open: async (event) =>
        event.protocolData.mqtt?.clientId === "b"
          ? answerOf([
              { Effect: "Allow", Action: "iot:*", Resource: "*" },
              { Effect: "Deny", Action: "iot:Receive", Resource: arn("topic", "open/secret/?") },
            ])
          : openAuthorizer(event),
    },
  });
  const { client, messages } = await connect("b");
  const other = await connect("a");
  await client.subscribeAsync("open/#");
  await other.client.publishAsync("open/secret/1", "1", { qos: 1 });
  await other.client.publishAsync("open/secret/11", "2", { qos: 1 });
  await expect.poll(() => messages).toEqual(["open/secret/11: 2"]);
  expect(await next("denied")).toMatchObject({ action: "iot:Receive", resource: "open/secret/1" });
});

it("calls the authorizer as AWS does", async () => {
  const events: IotAuthorizerEvent[] = [];
  const { iotCore, connect } = await testIotCore({
    authorizers: {
      open: async (event) => {
        events.push(event);
        return openAuthorizer(event);
      },
    },
  });
  await connect("a", { username: "somebody?token=1", password: "good" });
  expect(events).toEqual([
    {
      protocols: ["tls", "http", "mqtt"],
      signatureVerified: false,
      protocolData: {
        tls: { serverName: "localhost" },
        http: {
          headers: expect.objectContaining({ host: new URL(iotCore.url).host }),
          queryString: "?x-amz-customauthorizer-name=open",
        },
        mqtt: { username: "somebody?token=1", password: "Z29vZA==", clientId: "a" },
      },
      connectionMetadata: { id: expect.any(String) },
    },
  ]);
});

const statement = { Effect: "Allow", Action: "iot:Connect", Resource: "*" } as const;
it.each([
  ["the authorizer said no", { isAuthenticated: false }],
  ["principalId", { principalId: "some-one" }],
  ["disconnectAfterInSeconds is 299", { disconnectAfterInSeconds: 299 }],
  ["refreshAfterInSeconds is 86401", { refreshAfterInSeconds: 86_401 }],
  [
    "11 policy documents",
    { policyDocuments: Array(11).fill({ Version: "2012-10-17", Statement: [statement] }) },
  ],
  [
    "a policy document has",
    {
      policyDocuments: [
        { Version: "2012-10-17", Statement: [{ ...statement, Resource: "x".repeat(2_000) }] },
      ],
    },
  ],
  ["the policy does not allow client", { policyDocuments: [] }],
  ["not emulated", { policyDocuments: [answerVariable()] }],
] as const)("refuses a client when %s", async (reason, more) => {
  const { connect, next } = await testIotCore({
    authorizers: { open: async () => answerOf([statement], more as object) },
  });
  await expect(connect("a", { protocolVersion: 5 })).rejects.toThrow("Not authorized");
  expect(await next("connectRefused")).toMatchObject({ reason: expect.stringContaining(reason) });
});

function answerVariable(): object {
  return {
    Version: "2012-10-17",
    Statement: [{ ...statement, Resource: arn("client", ["$", "{iot:ClientId}"].join("")) }],
  };
}

it("lets the second client of an id throw out the first", async () => {
  const { connect, iotCore } = await testIotCore();
  const first = await connect("a", { protocolVersion: 5 });
  const second = await connect("a", { protocolVersion: 5 });
  expect(await first.closed).toBe(0x8e);
  expect([second.client.connected, iotCore.clientIds()]).toEqual([true, ["a"]]);
});

it("ends a connection when its time is over, and asks again when it is to be refreshed", async () => {
  let asked = 0;
  const { connect } = await testIotCore({
    secondMs: 1,
    authorizers: {
      open: async (event) => {
        asked++;
        const more = { disconnectAfterInSeconds: 1_000, refreshAfterInSeconds: 300 };
        return { ...(await openAuthorizer(event)), ...more };
      },
    },
  });
  const { closed } = await connect("a", { protocolVersion: 5 });
  expect(await closed).toBe(0xa0);
  expect(asked).toBe(4);
});

it("ends a connection whose authorizer says no when it is asked again", async () => {
  let asked = 0;
  const { connect } = await testIotCore({
    secondMs: 0.1,
    authorizers: {
      open: async (event) => ({
        ...(await openAuthorizer(event)),
        isAuthenticated: asked++ === 0,
        refreshAfterInSeconds: 300,
      }),
    },
  });
  const { closed } = await connect("a", { protocolVersion: 5 });
  expect(await closed).toBe(0x87);
});
