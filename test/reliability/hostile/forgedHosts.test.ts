import { connectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { report } from "../figures.ts";
import { eventWorld, type Forged, forge, mockManagementApi } from "./eventWorld.ts";

const hello = { id: 1, method: "query", params: { path: "hello" } };

/** Where somebody may want a signed request to go. */
const hosts = [
  "evil.com",
  "evil.com/",
  "x@evil",
  "evil.com#.amazonaws.com",
  "127.0.0.1",
  "127.0.0.1:8080",
  "[::1]",
  "0x7f000001",
  "2130706433",
  "169.254.169.254",
  "169.254.170.2",
  "metadata.google.internal",
  "localhost",
  "abc.execute-api.us-east-1.amazonaws.com.evil.com",
  "abc.execute-api.us-east-1.amazonaws.com@evil.com",
  "evil.com\\.execute-api.us-east-1.amazonaws.com",
  "ｅｖｉｌ.com",
  "",
];

const stages = [
  "../prod",
  "..",
  ".",
  "prod/../../other",
  "prod/@connections/other",
  "prod?x=1",
  "prod#x",
  "prod\r\nHost: evil.com",
  "%2e%2e",
  "pröd",
  "",
];

/** Fields beside the API's id and stage that name a host. */
const named: readonly (readonly [name: string, fields: Forged])[] = [
  ...hosts.map(
    (domainName) => [`domainName ${JSON.stringify(domainName)}`, { domainName }] as const,
  ),
  ["a domainPrefix", { domainPrefix: "evil" }],
  ["a path", { path: "//evil.com/prod" }],
  ["an endpoint", { endpoint: "https://evil.com" }],
  ["a resourcePath", { resourcePath: "/../../evil" }],
];

const api = mockManagementApi();
const variables = ["AWS_REGION", "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"] as const;
const before = variables.map((name) => process.env[name]);

beforeAll(() => {
  process.env["AWS_REGION"] = "us-east-1";
  delete process.env["AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"];
});

beforeEach(() => {
  api.reset();
});

afterAll(() => {
  api.restore();
  for (const [index, name] of variables.entries()) {
    const value = before[index];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  report("hostile hosts", { cases: 2 * named.length + hosts.length + stages.length });
});

/** Where the answer to one frame goes. */
async function postsOf(fields: Forged, endpoint?: string): Promise<unknown> {
  const { handlers, posts, storeCalls, failures } = eventWorld(api, endpoint);
  await handlers.connect(connectEvent());
  const opened = storeCalls.length;
  const { statusCode } = await handlers.handler(forge(messageEvent(hello), fields));
  return {
    statusCode,
    posts: await posts(),
    stored: storeCalls.slice(opened).filter((name) => name !== "getConnection"),
    failures: failures.map(({ cause }) => (cause as Error | undefined)?.name),
  };
}

describe("S16: the host of an answer is never", () => {
  it.each(named)("that of %s", async (_name, fields) => {
    expect(await postsOf(fields)).toEqual({
      statusCode: 200,
      posts: ["a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/test connection"],
      stored: [],
      failures: [],
    });
  });

  it.each([...named, ...hosts.map((apiId) => [`apiId ${apiId}`, { apiId }] as const)])(
    "another than the configured one: %s",
    async (_name, fields) => {
      expect(await postsOf(fields, "https://ws.example.com/live")).toEqual({
        statusCode: 200,
        posts: ["ws.example.com/live connection"],
        stored: [],
        failures: [],
      });
    },
  );

  it.each([
    ...hosts.map((apiId) => ["apiId", apiId] as const),
    ...stages.map((stage) => ["stage", stage] as const),
  ])("made of %s %j", async (field, value) => {
    // Numbers in other notations have the form of an id, and are one: a label before AWS's own domain.
    const isLabel = field === "apiId" && /^[a-z0-9]+$/.test(value);
    expect(await postsOf({ [field]: value })).toEqual(
      isLabel
        ? {
            statusCode: 200,
            posts: [`${value}.execute-api.us-east-1.amazonaws.com/test connection`],
            stored: [],
            failures: [],
          }
        : { statusCode: 500, posts: [], stored: [], failures: ["InvalidEndpointError"] },
    );
  });
});
