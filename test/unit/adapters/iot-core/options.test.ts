import { describe, expect, it } from "vitest";
import { iot } from "../../../../src/adapters/iot-core/engine.ts";
import { topicName } from "../../../../src/adapters/iot-core/topicName.ts";
import { iotLink } from "../../../../src/client/iot-core/iotLink.ts";

const SECRET = "x".repeat(32);

describe("iot()", () => {
  it.each([
    ["prefix is []", { prefix: [] }],
    ["1 to 5 levels", { prefix: ["a", "b", "c", "d", "e", "f"] }],
    ['prefix is ["a/b"]', { prefix: ["a/b"] }],
    ['prefix is ["*"]', { prefix: ["*"] }],
    ['prefix is ["a",""]', { prefix: ["a", ""] }],
    ['prefix is "myapp"', { prefix: "myapp" }],
    ["prefix is undefined", { prefix: undefined }],
    ["prefix has 102 characters", { prefix: ["x".repeat(102)] }],
    ["secret has 31 bytes", { secret: "x".repeat(31) }],
    ["secret is undefined", { secret: undefined }],
    ["grantTtlMs is 299999", { grantTtlMs: 299_999 }],
    ["grantTtlMs is 86400001", { grantTtlMs: 86_400_001 }],
    ["grantTtlMs is NaN", { grantTtlMs: Number.NaN }],
    ['url is "https://broker/mqtt". It is', { url: "https://broker/mqtt" }],
    ['url is "broker". It is', { url: "broker" }],
    ['authorization is "none"', { authorization: "none" }],
  ])("refuses: %s", (problem, options) => {
    const given = { prefix: ["myapp"], secret: SECRET, ...options } as never;
    expect(() => iot(given)).toThrow(
      expect.objectContaining({ code: "BUILDER", message: expect.stringContaining(problem) }),
    );
  });

  it("takes a prefix as long as it may be, with the longest levels behind it", () => {
    const prefix = ["a", "b", "c", "d", "x".repeat(93)] as const;
    expect(() => iot({ prefix, secret: SECRET })).not.toThrow();
  });
});

describe("topicName", () => {
  const levels = { route: "r", audience: "all", tag: "t" };

  it("refuses what IoT Core would not take", () => {
    expect(topicName("x".repeat(248), levels)).toHaveLength(256);
    expect(() => topicName("x".repeat(249), levels)).toThrow("has 257 bytes");
    expect(topicName("a/b/c/d/e", levels).split("/")).toHaveLength(8);
    expect(() => topicName("a/b/c/d/e/f", levels)).toThrow(
      expect.objectContaining({ code: "TOPIC_NAME", topic: "a/b/c/d/e/f/r/all/t" }),
    );
  });
});

describe("iotLink()", () => {
  it.each([
    ["url", { url: "https://broker" }],
    ["protocolVersion", { protocolVersion: 3 }],
    ["qos", { qos: 2 }],
    ["keepAliveSeconds", { keepAliveSeconds: 29 }],
    ["keepAliveSeconds", { keepAliveSeconds: 1201 }],
    ["maxSubscriptionsPerConnection", { maxSubscriptionsPerConnection: 0 }],
    // Node 20 has none of its own.
    ["WebSocket", { WebSocket: "ws" }],
  ])("refuses: %s", (option, options) => {
    const given = { http: () => () => undefined, WebSocket: class {}, ...options } as never;
    expect(() => iotLink(given)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", option }),
    );
  });
});
