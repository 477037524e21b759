import { connectEvent, disconnectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { capturedKeys, keysOf } from "../../capturedEvents.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("the shape of captured events", () => {
  it("$connect", () => {
    const event = connectEvent();
    expect(keysOf(event)).toEqual(capturedKeys.connect);
    expect(event.requestContext).toMatchObject({ routeKey: "$connect", eventType: "CONNECT" });
    expect(Object.keys(event.headers ?? {}).toSorted()).toEqual([
      "Host",
      "Sec-WebSocket-Extensions",
      "Sec-WebSocket-Key",
      "Sec-WebSocket-Version",
      "X-Amzn-Trace-Id",
      "X-Forwarded-For",
      "X-Forwarded-Port",
      "X-Forwarded-Proto",
    ]);
  });

  it("a message has neither headers nor query string, and an id of its own", () => {
    const event = messageEvent({ id: 1 });
    expect(keysOf(event)).toEqual(capturedKeys.message);
    expect(event.requestContext).toMatchObject({ routeKey: "$default", eventType: "MESSAGE" });
  });

  it("$disconnect", () => {
    const event = disconnectEvent();
    expect(Object.keys(event.headers ?? {}).toSorted()).toEqual([
      "Host",
      "X-Forwarded-For",
      "x-api-key",
      "x-restapi",
    ]);
    expect(keysOf(event)).toEqual(capturedKeys.disconnect);
    expect(event.requestContext).toMatchObject({
      routeKey: "$disconnect",
      eventType: "DISCONNECT",
      disconnectStatusCode: 1005,
    });
  });

  it("ids and times look like API Gateway's", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2124-11-11T11:35:24.561Z") });
    const { requestContext } = messageEvent("PING");
    expect(requestContext.messageId).toMatch(/^[A-Za-z0-9_-]{15}=$/);
    expect(requestContext.requestTime).toBe("11/Nov/2124:11:35:24 +0000");
    expect(requestContext.requestTimeEpoch).toBe(Date.now());
  });
});

describe("what a test can say", () => {
  it("headers and query string of the handshake, once and as lists", () => {
    const event = connectEvent({
      connectionId: "alice",
      headers: { Origin: "https://example.com" },
      query: { token: "t" },
    });
    expect(event).toMatchObject({
      headers: { Origin: "https://example.com", "Sec-WebSocket-Version": "13" },
      multiValueHeaders: { Origin: ["https://example.com"] },
      queryStringParameters: { token: "t" },
      multiValueQueryStringParameters: { token: ["t"] },
      requestContext: { connectionId: "alice" },
    });
  });

  it("any field of requestContext, and stage variables", () => {
    const options = {
      requestContext: { stage: "prod", authorizer: { principalId: "u1" } },
      stageVariables: { color: "blue" },
    };
    for (const event of [
      connectEvent(options),
      messageEvent("PING", options),
      disconnectEvent(options),
    ]) {
      expect(event).toMatchObject(options);
      expect(event.requestContext.apiId).toBe("a1b2c3d4e5");
    }
  });

  it("a frame as text or as what becomes its JSON", () => {
    expect(messageEvent("PING").body).toBe("PING");
    expect(messageEvent({ id: 1 }).body).toBe('{"id":1}');
    expect(messageEvent([1, null]).body).toBe("[1,null]");
  });
});

it("C16: frames built one after the other are later and different, within one millisecond too", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
  const contexts = Array.from({ length: 5 }, () => messageEvent("PING").requestContext);
  const times = contexts.map(({ requestTimeEpoch }) => requestTimeEpoch);
  expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + index));
  expect(new Set(contexts.map(({ messageId }) => messageId)).size).toBe(5);
});
