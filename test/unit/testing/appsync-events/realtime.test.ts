import { describe, expect, it } from "vitest";
import { API_KEY, deferred, headerSubprotocol, post, RawClient, testApi } from "./rawClient.ts";

const KEY = { "x-api-key": API_KEY };

describe("the realtime endpoint", () => {
  it("acknowledges, keeps alive, and delivers what is published to a channel and below a wildcard", async () => {
    const api = await testApi({ keepAliveMs: 5, connectionTimeoutMs: 1234 });
    const client = await RawClient.open(api);
    client.send({ type: "connection_init" });
    expect(await client.next({ type: "connection_ack" })).toMatchObject({
      connectionTimeoutMs: 1234,
    });
    await client.next({ type: "ka" });
    expect(await client.subscribe("one", "/default/a/b", KEY)).toMatchObject({
      type: "subscribe_success",
    });
    await client.subscribe("all", "default/*", KEY);
    await client.subscribe("other", "/default/a/c", KEY);
    expect(api.subscriptionCount()).toBe(3);
    await post(api, { channel: "default/a/b", events: ['{"n":1}'] });
    expect(await client.next({ type: "data", id: "one" })).toMatchObject({ event: '{"n":1}' });
    expect(await client.next({ type: "data", id: "all" })).toMatchObject({ event: '{"n":1}' });
    client.send({ type: "unsubscribe", id: "one" });
    await client.next({ type: "unsubscribe_success", id: "one" });
    client.send({ type: "unsubscribe", id: "one" });
    await client.next({ type: "unsubscribe_error", id: "one" });
    client.send({
      type: "publish",
      id: "p",
      channel: "/default/a/c",
      events: ["2", "3"],
      authorization: KEY,
    });
    expect((await client.next({ type: "publish_success", id: "p" })).successful).toHaveLength(2);
    expect(await client.next({ type: "data", id: "other" })).toMatchObject({ event: "2" });
    expect(await client.next({ type: "data", id: "all" })).toMatchObject({ event: "2" });
  });
});

describe("a channel", () => {
  it.each([
    ["/default/a_b", "Invalid Channel Format"],
    ["/default/a/b/c/d", undefined],
    ["/default/a/b/c/d/e", "6 segments"],
    [`/default/${"x".repeat(50)}`, undefined],
    [`/default/${"x".repeat(51)}`, "51 characters"],
    ["/default/-a", "Invalid Channel Format"],
    ["/default/a-", "Invalid Channel Format"],
    ["/default//a", "Invalid Channel Format"],
    ["/default/*/a", "Invalid Channel Format"],
    ["/*", "Invalid Channel Format"],
    ["/default/a*", "Invalid Channel Format"],
    ["/toString/a", "not found"],
    ["/unknown/a", "not found"],
  ])("takes %s as it should", async (channel, problem) => {
    const api = await testApi();
    const client = await RawClient.open(api);
    const answer = await client.subscribe("id", channel, KEY);
    if (problem === undefined) expect(answer.type).toBe("subscribe_success");
    else expect(answer.errors?.[0]?.message).toContain(problem);
  });
});

describe("a client of the realtime endpoint", () => {
  it("is refused by connection_error, and its socket closed", async () => {
    const api = await testApi();
    const client = await RawClient.open(api, { "x-api-key": "wrong", host: api.host });
    const { errors } = await client.next({ type: "connection_error" });
    expect(errors).toMatchObject([{ errorType: "UnauthorizedException", errorCode: 401 }]);
    expect(await client.closed).toBe(4401);
    const none = new RawClient(api.realtimeUrl, ["aws-appsync-event-ws"]);
    await none.next({ type: "connection_error" });
    const garbled = new RawClient(api.realtimeUrl, [
      "aws-appsync-event-ws",
      headerSubprotocol({}).slice(0, -1),
    ]);
    await garbled.next({ type: "connection_error" });
    expect(api.connectionIds()).toEqual([]);
  });

  it("is told what cannot be understood, and goes on", async () => {
    const client = await RawClient.open(await testApi());
    client.socket.send("no JSON");
    await client.next({ type: "error" });
    client.send({ type: "dance", id: "1" });
    await client.next({ type: "error", id: "1" });
    expect(await client.subscribe("not an id", "/default/a", KEY)).toMatchObject({
      type: "subscribe_error",
    });
    await client.subscribe("1", "/default/a", KEY);
    expect(await client.subscribe("1", "/default/b", KEY)).toMatchObject({
      errors: [{ errorType: "DuplicatedOperationException" }],
    });
  });

  it("has the quotas of one connection", async () => {
    const api = await testApi({ maxSubscriptionsPerConnection: 2, socketPublishesPerSecond: 0 });
    const client = await RawClient.open(api);
    await client.subscribe("1", "/default/a", KEY);
    await client.subscribe("2", "/default/b", KEY);
    expect(await client.subscribe("3", "/default/c", KEY)).toMatchObject({
      errors: [{ errorType: "LimitExceededError" }],
    });
    client.send({ type: "publish", id: "p", channel: "/default/a", events: ["1"], ...KEY });
    await client.next({ type: "publish_error", id: "p" });
  });
});

describe("a socket", () => {
  it("ends a subscription that was given up while its authorizer ran", async () => {
    const decided = deferred();
    const api = await testApi({
      authorizer: async ({ requestContext: { operation } }) => {
        if (operation === "EVENT_SUBSCRIBE") await decided.promise;
        return { isAuthorized: true };
      },
    });
    const token = { Authorization: "token", host: api.host };
    const client = await RawClient.open(api, token);
    client.send({ type: "subscribe", id: "1", channel: "/default/a", authorization: token });
    client.send({ type: "unsubscribe", id: "1" });
    await client.next({ type: "unsubscribe_success", id: "1" });
    decided.resolve();
    await client.next({ type: "subscribe_error", id: "1" });
    expect(api.subscriptionCount()).toBe(0);
  });

  it("closes and drops sockets when it is told to", async () => {
    const api = await testApi();
    const [first, second] = [await RawClient.open(api), await RawClient.open(api)];
    expect(api.connectionIds()).toHaveLength(2);
    await api.closeConnections(1001);
    expect(await first.closed).toBe(1001);
    expect(await second.closed).toBe(1001);
    const third = await RawClient.open(api);
    await api.dropConnections();
    expect(await third.closed).toBe(1006);
  });
});
