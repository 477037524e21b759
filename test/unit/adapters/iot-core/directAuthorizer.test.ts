import { createHash } from "node:crypto";
import { initTRPC } from "@trpc/server";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import type { IotDirectOptions } from "../../../../src/adapters/iot-core/direct/options.ts";
import { iot } from "../../../../src/adapters/iot-core/engine.ts";
import { memory } from "../../../../src/store/memory.ts";

const prefix = ["myapp", "dev"] as const;
const secret = "x".repeat(43);
const hash = createHash("sha256").update(secret).digest("base64url").slice(0, 22);
const clientId = `myapp-dev-${hash}`;
const password = Buffer.from(secret).toString("base64");
const http = { queryString: "?a=1&a=2&b=%20", headers: { "X-Tab": "7" } };
const event = { protocolData: { http, mqtt: { clientId, password } } };
const context = { invokedFunctionArn: "arn:aws-cn:lambda:cn-north-1:123456789012:function:f" };
const router = initTRPC.create().router({});
const chainOf = (more: Partial<IotDirectOptions> = {}) =>
  initSubscriptions<string>()
    .router({ router })
    .engine(iot({ prefix, delivery: "direct", store: memory(), ...more }));

it.each([
  [7_200_000, {}],
  [300_000, { connectionTtlMs: 300_000 }],
  [86_400_000, { connectionTtlMs: 86_400_000 }],
])("lets a connection live %s ms, its rows a quarter of an hour more", async (ttlMs, more) => {
  const store = memory();
  const before = Date.now();
  expect(await chainOf({ store, ...more }).authorizer()(event, context)).toMatchObject({
    isAuthenticated: true,
    principalId: expect.stringMatching(/^[A-Za-z0-9]{20,128}$/),
    disconnectAfterInSeconds: ttlMs / 1000,
    refreshAfterInSeconds: ttlMs / 1000,
  });
  const row = await store.getConnection(clientId);
  const liveMs = Number(row?.expireAt) * 1000 - before - 15 * 60_000;
  expect(liveMs).toBeGreaterThanOrEqual(ttlMs - 1_000);
  expect(liveMs).toBeLessThan(ttlMs + 60_000);
});

it("names resources of the account, region and partition that it runs in", async () => {
  const { policyDocuments } = await chainOf().authorizer()(event, context);
  const arn = (resource: string): string => `arn:aws-cn:iot:cn-north-1:123456789012:${resource}`;
  const allow = (Action: string, resource: string) => ({
    Effect: "Allow",
    Action,
    Resource: arn(resource),
  });
  expect(policyDocuments.flatMap(({ Statement }) => Statement)).toEqual([
    allow("iot:Connect", `client/${clientId}`),
    allow("iot:Publish", `topic/myapp/dev/requests/${clientId}`),
    allow("iot:Receive", "topic/myapp/dev/messages"),
  ]);
});

it("gives authorize the query and the headers, and keeps its session", async () => {
  const store = memory();
  const authorizer = chainOf({ store }).authorizer({
    authorize: ({ query, headers, connection }) => ({
      session: [query["a"], query["b"], headers["x-tab"], connection.id].join(),
    }),
  });
  expect(await authorizer(event, context)).toMatchObject({ isAuthenticated: true });
  const row = await store.getConnection(clientId);
  expect(row?.session).toBe(JSON.stringify(`2, ,7,${clientId}`));
});

it("tells of who comes with another's id, and gives authorize Lambda's context", async () => {
  const told: object[] = [];
  const given: unknown[] = [];
  const authorizer = initSubscriptions<string>({ onEvent: (one) => void told.push(one) })
    .router({ router })
    .engine(iot({ prefix, delivery: "direct", store: memory() }))
    .authorizer({
      authorize: (options) => {
        given.push(options.context);
        return { session: "ann" };
      },
    });
  const foreign = { clientId: `myapp-dev-${"A".repeat(22)}`, password };
  const refused = await authorizer({ protocolData: { mqtt: foreign } }, context);
  expect(refused).toMatchObject({ isAuthenticated: false, policyDocuments: [] });
  expect(told).toMatchObject([
    { type: "failed", step: "connect", code: "UNAUTHORIZED" },
    { type: "connectionRefused", status: 401, code: "UNAUTHORIZED" },
  ]);
  expect(given).toEqual([]);
  await authorizer(event, context);
  expect(given).toEqual([context]);
});

it("has a policy that IoT Core takes, for the longest prefix too", async () => {
  const longest = ["a", "b", "c", "d", "x".repeat(33)] as const;
  const id = `${longest.join("-")}-${hash}`;
  const given = { protocolData: { mqtt: { clientId: id, password } } };
  const answer = await chainOf({ prefix: longest }).authorizer()(given, context);
  expect(answer.isAuthenticated).toBe(true);
  expect(JSON.stringify(answer.policyDocuments[0]).length).toBeLessThan(2_048);
});
