import { describe, expect, it } from "vitest";
import { realtimeEndpoint } from "../../../../src/client/appsync-events/endpoint.ts";

const AWS = {
  url: "wss://abc123.appsync-realtime-api.eu-central-1.amazonaws.com/event/realtime",
  host: "abc123.appsync-api.eu-central-1.amazonaws.com",
};

describe("the realtime endpoint", () => {
  it.each([
    ["https://abc123.appsync-api.eu-central-1.amazonaws.com/event", AWS],
    ["https://abc123.appsync-api.eu-central-1.amazonaws.com", AWS],
    [AWS.url, AWS],
    [
      "https://abc.appsync-api.cn-north-1.amazonaws.com.cn/event",
      {
        url: "wss://abc.appsync-realtime-api.cn-north-1.amazonaws.com.cn/event/realtime",
        host: "abc.appsync-api.cn-north-1.amazonaws.com.cn",
      },
    ],
    [
      "https://events.example.com/event",
      { url: "wss://events.example.com/event/realtime", host: "events.example.com" },
    ],
    [
      "http://127.0.0.1:1234/event",
      { url: "ws://127.0.0.1:1234/event/realtime", host: "127.0.0.1:1234" },
    ],
    [
      "https://abc.appsync-api.eu-central-1.amazonaws.com.evil.example/event",
      {
        url: "wss://abc.appsync-api.eu-central-1.amazonaws.com.evil.example/event/realtime",
        host: "abc.appsync-api.eu-central-1.amazonaws.com.evil.example",
      },
    ],
  ])("of %s", (url, endpoint) => {
    expect(realtimeEndpoint(url)).toEqual(endpoint);
  });

  it.each([undefined, "abc123.appsync-api.eu-central-1.amazonaws.com", "ftp://example.com"])(
    "cannot be told of %s",
    (url) => {
      expect(() => realtimeEndpoint(url)).toThrow(
        expect.objectContaining({ code: "BROKER_REFUSED" }),
      );
    },
  );
});
