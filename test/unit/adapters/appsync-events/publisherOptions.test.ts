import { describe, expect, it } from "vitest";
import { publishUrl } from "../../../../src/adapters/appsync-events/endpoint.ts";
import { appSyncTransport } from "../../../../src/adapters/appsync-events/transport.ts";

const HOST = "https://abc.appsync-api.eu-central-1.amazonaws.com";

describe("url of a publisher", () => {
  it.each([HOST, `${HOST}/`, `${HOST}/event`, `${HOST}/event/`])("may be %s", (url) => {
    expect(publishUrl(url).href).toBe(`${HOST}/event`);
  });

  it.each([
    ["abc.appsync-api.eu-central-1.amazonaws.com", "is not a URL"],
    [
      "wss://abc.appsync-realtime-api.eu-central-1.amazonaws.com/event/realtime",
      "clients' address",
    ],
    ["https://abc.appsync-realtime-api.eu-central-1.amazonaws.com/event", "clients' address"],
    [`${HOST}/graphql`, "must be an https URL"],
    [`${HOST}/event?key=secret`, "must be an https URL"],
    ["https://user:secret@example.com/event", "must be an https URL"],
    ["ftp://example.com/event", "must be an https URL"],
  ])("is not %s", (url, problem) => {
    expect(() => publishUrl(url)).toThrow(problem);
    expect(() => publishUrl(url)).toThrow(expect.objectContaining({ code: "INVALID_ENDPOINT" }));
    expect(() => publishUrl(url)).not.toThrow("secret");
  });
});

describe("options of a publisher", () => {
  it.each([
    [{}, "apiKey, or region"],
    [{ apiKey: "da2", region: "eu-west-1" }, "apiKey, or region"],
    [{ apiKey: "da2\nx: y" }, "apiKey"],
    [{ apiKey: "" }, "apiKey"],
    [{ region: "somewhere" }, "region"],
    [{ apiKey: "da2", requestTimeoutMs: 0 }, "requestTimeoutMs"],
    [{ apiKey: "da2", requestTimeoutMs: Number.NaN }, "requestTimeoutMs"],
  ])("are refused when the publisher is made: %j", (options, problem) => {
    const make = () => appSyncTransport({ url: HOST, ...options } as never);
    expect(make).toThrow(expect.objectContaining({ code: "BUILDER" }));
    expect(make).toThrow(problem);
  });
});
