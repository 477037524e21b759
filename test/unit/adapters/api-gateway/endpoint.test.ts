import { describe, expect, it } from "vitest";
import {
  apiOfEndpoint,
  checkEndpoint,
  endpointOfApi,
} from "../../../../src/adapters/api-gateway/endpoint.ts";
import { InvalidEndpointError } from "../../../../src/errors.ts";

const REGION = { AWS_REGION: "eu-central-1" };
const API = { apiId: "a1b2c3d4e5", stage: "prod" };

describe("endpointOfApi", () => {
  it.each([
    ["prod", "eu-central-1", "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod"],
    ["$default", "us-east-1", "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/$default"],
    [
      "a-b_C9",
      "us-gov-west-1",
      "https://a1b2c3d4e5.execute-api.us-gov-west-1.amazonaws.com/a-b_C9",
    ],
    ["prod", "cn-north-1", "https://a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn/prod"],
    [
      "prod",
      "ap-southeast-12",
      "https://a1b2c3d4e5.execute-api.ap-southeast-12.amazonaws.com/prod",
    ],
  ])("builds it from API, stage %s and region %s", (stage, region, endpoint) => {
    expect(endpointOfApi({ ...API, stage }, { AWS_REGION: region })).toBe(endpoint);
  });

  it("takes AWS_DEFAULT_REGION where AWS_REGION is not set", () => {
    expect(endpointOfApi(API, { AWS_DEFAULT_REGION: "us-west-2" })).toContain(".us-west-2.");
    expect(endpointOfApi(API, { AWS_DEFAULT_REGION: "us-west-2", ...REGION })).toContain(
      ".eu-central-1.",
    );
  });
});

describe("S16: a forged event", () => {
  it.each([
    ["evil.com", "prod"],
    ["evil.com/", "prod"],
    ["evil.com#", "prod"],
    ["x@evil", "prod"],
    ["127.0.0.1", "prod"],
    ["169.254.169.254", "prod"],
    ["abc.execute-api.us-east-1.amazonaws.com.evil.com", "prod"],
    ["A1B2C3D4E5", "prod"],
    ["", "prod"],
    ["a".repeat(21), "prod"],
    ["abc\n", "prod"],
    ["\nabc", "prod"],
    ["ａｂｃ", "prod"],
    ["abc", ""],
    ["abc", ".."],
    ["abc", "../other"],
    ["abc", "prod/@connections/other"],
    ["abc", "prod?x=1"],
    ["abc", "prod#"],
    ["abc", "prod\n"],
    ["abc", "%2e%2e"],
    ["abc", "s".repeat(129)],
  ])("with API %j and stage %j gets no endpoint", (apiId, stage) => {
    expect(() => endpointOfApi({ apiId, stage }, REGION)).toThrow(InvalidEndpointError);
  });

  it.each([undefined, 5, {}, ["abc"], null])("with %j for an API id gets no endpoint", (apiId) => {
    const forged: { apiId: string; stage: string } = JSON.parse(JSON.stringify({ ...API, apiId }));
    expect(() => endpointOfApi(forged, REGION)).toThrow(InvalidEndpointError);
  });
});

describe("the environment", () => {
  it.each([{}, { AWS_REGION: "" }, { AWS_REGION: "evil.com/" }, { AWS_REGION: "us-east-1.evil" }])(
    "tells what to do without a usable region: %j",
    (environment) => {
      expect(() => endpointOfApi(API, environment)).toThrow(/region.*Give `endpoint`/);
    },
  );

  it("lets AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI win, but for an empty one", () => {
    const variable = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";
    const own = "http://127.0.0.1:3001/local";
    expect(endpointOfApi(API, { ...REGION, [variable]: `${own}/` })).toBe(own);
    expect(endpointOfApi(API, { ...REGION, [variable]: "" })).toContain("a1b2c3d4e5");
    expect(() => endpointOfApi(API, { ...REGION, [variable]: "localhost" })).toThrow(
      InvalidEndpointError,
    );
  });
});

describe("checkEndpoint", () => {
  it.each([
    ["https://abc.execute-api.us-east-1.amazonaws.com/prod", undefined],
    ["https://ws.example.com", undefined],
    ["https://ws.example.com/", "https://ws.example.com"],
    ["https://ws.example.com/key//", "https://ws.example.com/key"],
    ["http://127.0.0.1:3001/$default", undefined],
    [" https://ws.example.com/key\n", "https://ws.example.com/key"],
  ])("accepts %j", (endpoint, checked = endpoint) => {
    expect(checkEndpoint(endpoint)).toBe(checked);
  });

  it.each([
    ["wss://abc.execute-api.us-east-1.amazonaws.com/prod", /clients' address.*https:\/\//],
    ["ws://127.0.0.1:3001/local", /clients' address.*http:\/\//],
    ["", /not a URL/],
    ["abc.execute-api.us-east-1.amazonaws.com/prod", /not a URL/],
    ["ftp://example.com", /must be an https URL/],
    ["file:///etc/passwd", /must be an https URL/],
    ["https://user:secret@example.com", /without credentials/],
    ["https://:secret@example.com", /without credentials/],
    ["https://example.com/prod?x=1", /query string/],
    ["https://example.com/prod#x", /query string/],
  ])("refuses %j", (endpoint, problem) => {
    expect(() => checkEndpoint(endpoint)).toThrow(InvalidEndpointError);
    expect(() => checkEndpoint(endpoint)).toThrow(problem);
    expect(() => checkEndpoint(endpoint)).not.toThrow(/secret/);
  });
});

describe("apiOfEndpoint", () => {
  it.each([
    ["https://abc.execute-api.us-east-1.amazonaws.com/prod", { apiId: "abc", stage: "prod" }],
    [
      "https://abc.execute-api.us-east-1.amazonaws.com/$default",
      { apiId: "abc", stage: "$default" },
    ],
    [
      "https://abc.execute-api.us-east-1.amazonaws.com/%24default",
      { apiId: "abc", stage: "$default" },
    ],
    ["https://abc.execute-api.cn-north-1.amazonaws.com.cn/prod", { apiId: "abc", stage: "prod" }],
  ])("reads %s", (endpoint, api) => {
    expect(apiOfEndpoint(endpoint)).toEqual(api);
  });

  it.each([
    "https://ws.example.com/prod",
    "http://127.0.0.1:3001/local",
    "https://abc.execute-api.us-east-1.amazonaws.com",
    "https://abc.execute-api.us-east-1.amazonaws.com/prod/more",
    "https://abc.execute-api.us-east-1.amazonaws.com/%zz",
    "https://abc.execute-api.us-east-1.amazonaws.com.evil.com/prod",
    "https://evil.com/https://abc.execute-api.us-east-1.amazonaws.com/prod",
    "https://evil.com/abc.execute-api.us-east-1.amazonaws.com/prod",
    "https://x.abc.execute-api.us-east-1.amazonaws.com/prod",
  ])("S16: cannot tell the API of %s", (endpoint) => {
    expect(apiOfEndpoint(endpoint)).toBeUndefined();
  });

  it("leads back to what endpointOfApi was given", () => {
    for (const stage of ["prod", "$default", "a-b_C9"]) {
      const api = { apiId: "abc", stage };
      expect(apiOfEndpoint(endpointOfApi(api, REGION))).toEqual(api);
    }
  });
});

describe("an endpoint that no post could come through", () => {
  const api = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";

  it.each([
    [`https://${api}`, "has no stage. Give it with the stage"],
    [`https://${api}/`, "has no stage. Give it with the stage"],
    ["https://a1b2c3d4e5.execute-api.amazonaws.com.cn", "has no stage"],
    [`https://${api}/prod/more`, "has more than the stage in its path"],
    [`http://${api}/prod`, "is of API Gateway, which is there over https alone"],
    [`https://${api}/prod/@connections`, "has /@connections, which is added"],
    [`https://${api}/prod/@connections/abc=`, "has /@connections, which is added"],
    ["https://ws.example.com/@connections/", "has /@connections, which is added"],
    [
      "https://undefined.execute-api.eu-central-1.amazonaws.com/prod",
      "has a part that is not filled in",
    ],
    [`https://${api}/undefined`, "has a part that is not filled in"],
    ["https://a1.execute-api.undefined.amazonaws.com/prod", "has a part that is not filled in"],
    ["https://undefined/prod", "has a part that is not filled in"],
    ["https://{API}/prod", "has a part that is not filled in"],
    [`https://${api}/{stage}`, "has a part that is not filled in"],
  ])("%s is refused, and says why", (endpoint, message) => {
    expect(() => checkEndpoint(endpoint)).toThrow(InvalidEndpointError);
    expect(() => checkEndpoint(endpoint)).toThrow(message);
    expect(() => checkEndpoint(endpoint)).toThrow(
      ", for example https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod",
    );
  });

  it.each([
    `https://${api}/prod`,
    `https://${api}/$default`,
    "https://vpce-0123-abcd.execute-api.eu-central-1.vpce.amazonaws.com/prod",
    "https://ws.example.com",
    "https://ws.example.com/v1/chat",
    "https://undefined-behaviour.example.com/nullable",
    "https://null.example.com/null",
    "http://127.0.0.1:3001/local",
    "http://localhost:3001",
  ])("%s is taken as it is", (endpoint) => {
    expect(checkEndpoint(endpoint)).toBe(endpoint);
    expect(checkEndpoint(`${endpoint}/`)).toBe(endpoint);
  });
});
