import { expect, test, vi } from "vitest";
import type { WebSocketEvent } from "../../src/adapters/api-gateway/event.ts";
import type { AuthorizerEvent, AuthorizerResult } from "../../src/local/index.ts";
import { accept, gate, refusal, TestClient, testGateway } from "./testGateway.ts";

function policy(Effect: "Allow" | "Deny", Resource: string): AuthorizerResult["policyDocument"] {
  return { Version: "2012-10-17", Statement: [{ Action: "execute-api:Invoke", Effect, Resource }] };
}

test("the authorizer's context is on every event, as strings", async () => {
  const events: WebSocketEvent[] = [];
  const asked = gate<AuthorizerEvent>();
  const record = async (event: WebSocketEvent): Promise<{ statusCode: number }> => {
    events.push(event);
    return { statusCode: 200 };
  };
  const disconnected = gate();
  const gateway = await testGateway({
    handlers: {
      connect: record,
      default: record,
      disconnect: async (event) => {
        await record(event);
        disconnected.open();
      },
    },
    region: "eu-west-1",
    stage: "prod",
    apiId: "abc",
    authorizer: async (event) => {
      asked.open(event);
      return {
        principalId: "user1",
        policyDocument: policy("Allow", event.methodArn),
        context: { tenant: "t", age: 12, isAdmin: true },
      };
    },
  });
  const { socket } = await TestClient.open(`${gateway.url}?token=t`, { headers: { Cookie: "c" } });
  socket.send("hi");
  socket.close();
  await disconnected.opened;
  expect(await asked.opened).toMatchObject({
    type: "REQUEST",
    methodArn: "arn:aws:execute-api:eu-west-1:000000000000:abc/prod/$connect",
    headers: { Cookie: "c" },
    queryStringParameters: { token: "t" },
    requestContext: { routeKey: "$connect" },
  });
  expect(events).toHaveLength(3);
  for (const { requestContext } of events) {
    expect(requestContext.authorizer).toEqual({
      principalId: "user1",
      integrationLatency: expect.any(Number),
      tenant: "t",
      age: "12",
      isAdmin: "true",
    });
  }
});

const arn = "arn:aws:execute-api:local:000000000000:local/local/$connect";
const allow = (Resource: string): AuthorizerResult => ({
  principalId: "u",
  policyDocument: policy("Allow", Resource),
});

test.each([arn, "*", "arn:aws:execute-api:*:*:local/local/*", "arn:aws:execute-api:?ocal:*"])(
  "a policy that allows %s lets the client in",
  async (resource) => {
    const gateway = await testGateway({
      handlers: {},
      authorizer: () => Promise.resolve(allow(resource)),
    });
    const { socket } = await TestClient.open(gateway.url);
    expect(socket.readyState).toBe(socket.OPEN);
  },
);

const denied: AuthorizerResult = { principalId: "u", policyDocument: policy("Deny", "*") };
const both: AuthorizerResult = {
  principalId: "u",
  policyDocument: {
    Statement: [...policy("Allow", "*").Statement, ...policy("Deny", arn).Statement],
  },
};
const unreadable = Object.assign(allow("*"), { context: { nested: { a: 1 } } });

test.each([
  ["denies", 403, () => Promise.resolve(denied)],
  ["allows and denies", 403, () => Promise.resolve(both)],
  ["allows another API only", 403, () => Promise.resolve(allow(arn.replace("local/local", "x/y")))],
  [
    "has no statement",
    403,
    () => Promise.resolve({ ...denied, policyDocument: { Statement: [] } }),
  ],
  ["throws Unauthorized", 401, () => Promise.reject(new Error("Unauthorized"))],
  ["throws something else", 500, () => Promise.reject(new Error("no database"))],
  ["returns a nested context", 500, () => Promise.resolve(unreadable as AuthorizerResult)],
  ["overruns", 500, () => new Promise<AuthorizerResult>(() => undefined)],
])(
  "an authorizer that %s: %i, and $connect does not run",
  async (_what, statusCode, authorizer) => {
    const connect = vi.fn(accept);
    const gateway = await testGateway({
      handlers: { connect },
      authorizer,
      integrationTimeoutMs: 50,
    });
    expect(await refusal(gateway.url)).toBe(statusCode);
    expect(connect).not.toHaveBeenCalled();
  },
);
