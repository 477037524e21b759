import { describe, expect, it } from "vitest";
import {
  type AwsCredentials,
  amzDateOf,
  signedHeaders,
} from "../../../../src/adapters/appsync-events/sigV4.ts";
import { API_KEY, post, RawClient, testApi } from "./rawClient.ts";

const CREDENTIALS: AwsCredentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
const BODY = JSON.stringify({ channel: "default/a", events: ["1"] });

function signed(url: string, change: { body?: string; at?: Date; region?: string } = {}) {
  const { body = BODY, at = new Date(), region = "us-east-1" } = change;
  const request = {
    method: "POST",
    url: new URL(url),
    body,
    headers: { "content-type": "application/json" },
  };
  const scope = { region, service: "appsync", amzDate: amzDateOf(at) };
  const { host: _, ...headers } = signedHeaders(request, CREDENTIALS, scope);
  return headers;
}

describe("a signature and a mode", () => {
  it("takes a request as it was signed, and no other", async () => {
    const api = await testApi({ credentials: [CREDENTIALS] });
    expect((await post(api, BODY, signed(api.url))).status).toBe(200);
    const old = new Date(Date.now() - 6 * 60 * 1000);
    const wrong = [
      signed(api.url, { body: BODY.replace("1", "2") }),
      signed(api.url, { at: old }),
      signed(api.url, { region: "eu-west-1" }),
      signed(api.url.replace("127.0.0.1", "localhost")),
      { ...signed(api.url), "x-amz-security-token": "session" },
    ];
    for (const headers of wrong) expect((await post(api, BODY, headers)).status).toBe(403);
  });

  it("keeps modes apart for connections, publishing and subscribing, and by namespace", async () => {
    const api = await testApi({
      namespaces: { default: {}, open: { publishAuthModes: ["API_KEY"] } },
      authorizer: async () => ({ isAuthorized: true }),
      connectAuthModes: ["AWS_LAMBDA"],
      subscribeAuthModes: ["AWS_LAMBDA"],
      publishAuthModes: ["AWS_IAM"],
    });
    expect((await post(api, BODY)).status).toBe(401);
    expect((await post(api, BODY.replace("default", "open"))).status).toBe(200);
    const key = { "x-api-key": API_KEY, host: api.host };
    await (await RawClient.open(api, key)).next({ type: "connection_error" });
    const client = await RawClient.open(api, { Authorization: "anything", host: api.host });
    expect(await client.subscribe("1", "/default/a", key)).toMatchObject({
      type: "subscribe_error",
    });
  });
});

describe("the Lambda authorizer", () => {
  it("is asked for each operation, and refuses by throwing or saying no", async () => {
    const asked: unknown[] = [];
    const refused: unknown[] = [];
    const api = await testApi({
      authorizer: async ({ authorizationToken, requestContext }) => {
        const { operation, channel, channelNamespaceName } = requestContext;
        asked.push([authorizationToken, operation, channelNamespaceName, channel]);
        if (authorizationToken === "throw") throw new Error("out of order");
        return { isAuthorized: authorizationToken === "yes" };
      },
      onEvent: (event) => event.type === "refused" && refused.push(event.operation),
    });
    const token = (text: string) => ({ authorization: text });
    const client = await RawClient.open(api, token("yes"));
    for (const text of ["yes", "no", "throw"]) {
      await client.subscribe(text, "default/a/*", token(text));
      await post(api, BODY, token(text));
    }
    expect(asked).toEqual([
      ["yes", "EVENT_CONNECT", undefined, undefined],
      ...["yes", "no", "throw"].flatMap((text) => [
        [text, "EVENT_SUBSCRIBE", "default", "/default/a/*"],
        [text, "EVENT_PUBLISH", "default", "/default/a"],
      ]),
    ]);
    expect(refused).toEqual([
      "EVENT_SUBSCRIBE",
      "EVENT_PUBLISH",
      "EVENT_SUBSCRIBE",
      "EVENT_PUBLISH",
    ]);
    expect(api.subscriptionCount()).toBe(1);
  });

  it("has its answers kept as long as the API says, unless they say otherwise", async () => {
    let calls = 0;
    const answer = (ttlOverride?: number) => async () => {
      calls++;
      return { isAuthorized: true, ...(ttlOverride !== undefined && { ttlOverride }) };
    };
    const twice = async (options: object): Promise<number> => {
      calls = 0;
      const api = await testApi(options);
      await post(api, BODY, { authorization: "token" });
      await post(api, BODY, { authorization: "token" });
      return calls;
    };
    expect(await twice({ authorizer: answer() })).toBe(2);
    expect(await twice({ authorizer: answer(), authorizerResultTtlSeconds: 60 })).toBe(1);
    expect(await twice({ authorizer: answer(0), authorizerResultTtlSeconds: 60 })).toBe(2);
    expect(await twice({ authorizer: answer(60) })).toBe(1);
  });
});
