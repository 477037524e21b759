import { describe, expect, it } from "vitest";
import type { AppSyncEventsObservation, AppSyncNamespace } from "../../../../src/testing/index.ts";
import { API_KEY, deferred, post, RawClient, testApi } from "./rawClient.ts";

const KEY = { "x-api-key": API_KEY };
const unauthorized = Object.assign(new Error("not you"), { name: "UnauthorizedException" });

async function apiWith(namespace: AppSyncNamespace) {
  return testApi({ namespaces: { default: namespace } });
}

describe("POST /event", () => {
  it.each([
    ["no JSON", 400],
    ['"text"', 400],
    [{ channel: "default/a", events: [] }, 400],
    [{ channel: "default/a", events: ["1", "2", "3", "4", "5", "6"] }, 400],
    [{ channel: "default/a", events: [1] }, 400],
    [{ channel: "default/a", events: ["{"] }, 400],
    [{ channel: "default/a/*", events: ["1"] }, 400],
    [{ channel: "unknown/a", events: ["1"] }, 400],
    [{ events: ["1"] }, 400],
    [{ channel: "default/a", events: ["1", "2", "3", "4", "5"] }, 200],
    [{ channel: "/default/a", events: ["null"] }, 200],
    [{ channel: "default/a", events: [JSON.stringify("x".repeat(1_200_000))] }, 413],
  ])("answers body %# with the right status", async (body, status) => {
    expect((await post(await testApi(), body)).status).toBe(status);
  });

  it("accepts an event above the quota, and delivers it to nobody", async () => {
    const seen: AppSyncEventsObservation[] = [];
    const api = await testApi({ onEvent: (event) => seen.push(event) });
    const client = await RawClient.open(api);
    await client.subscribe("1", "/default/a", KEY);
    const [largest, larger] = [240_000, 240_001].map((bytes) => `"${"x".repeat(bytes - 2)}"`);
    const { body } = await post(api, { channel: "default/a", events: [larger, largest] });
    expect(body.successful).toHaveLength(2);
    expect(await client.next({ type: "data" })).toMatchObject({ event: largest });
    expect(seen.filter(({ type }) => type === "dropped")).toMatchObject([{ bytes: 240_001 }]);
  });
});

describe("a handler of a namespace", () => {
  it("broadcasts what onPublish lets through, and reports the rest as failed", async () => {
    const api = await apiWith({
      onPublish: async ({ events, info }) => ({
        events: events.slice(1).map(({ id, payload }) => {
          const { n } = payload as { readonly n: number };
          return n === 2 ? { id, error: "no twos" } : { id, payload: { n, at: info.channel.path } };
        }),
      }),
    });
    const client = await RawClient.open(api);
    await client.subscribe("1", "/default/a", KEY);
    const events = [1, 2, 3].map((n) => JSON.stringify({ n }));
    const { status, body } = await post(api, { channel: "default/a", events });
    expect(status).toBe(200);
    expect(body.successful.map(({ index }) => index)).toEqual([2]);
    expect(body.failed.map(({ index, message }) => [index, message])).toEqual([
      [0, "the handler returned no such event"],
      [1, "no twos"],
    ]);
    const { event = "" } = await client.next({ type: "data" });
    expect(JSON.parse(event)).toEqual({ n: 3, at: "/default/a" });
  });

  it.each([
    [async () => ({ error: "closed" }), 400, "HandlerError"],
    [() => Promise.reject(unauthorized), 401, "UnauthorizedException"],
    [() => Promise.reject(new Error("out of order")), 500, "LambdaException"],
  ] as const)("fails when onPublish does: %o", async (onPublish, status, errorType) => {
    const answer = await post(await apiWith({ onPublish }), {
      channel: "default/a",
      events: ["1"],
    });
    expect(answer.status).toBe(status);
    expect(answer.body.errors).toMatchObject([{ errorType }]);
  });

  it("refuses a subscription when onSubscribe throws", async () => {
    const api = await apiWith({ onSubscribe: () => Promise.reject(unauthorized) });
    const client = await RawClient.open(api);
    expect(await client.subscribe("1", "/default/a", KEY)).toMatchObject({
      errors: [{ errorType: "UnauthorizedException", message: "not you" }],
    });
    expect(api.subscriptionCount()).toBe(0);
  });
});

describe("fault injection", () => {
  it("answers with faults, and delivers late, as a test says", async () => {
    const arrived = deferred();
    const faults = [
      { statusCode: 429 },
      { statusCode: 200, body: { successful: [], failed: [1] } },
    ];
    const waits = [arrived.promise, undefined];
    const api = await testApi({
      onPublishRequest: () => faults.shift(),
      delay: () => waits.shift(),
    });
    const publish = (event: string) => post(api, { channel: "default/a", events: [event] });
    expect((await publish("1")).status).toBe(429);
    expect((await publish("1")).body.failed).toEqual([1]);
    const client = await RawClient.open(api);
    await client.subscribe("1", "/default/a", KEY);
    await publish("1");
    await publish("2");
    expect(await client.next({ type: "data" })).toMatchObject({ event: "2" });
    arrived.resolve();
    expect(await client.next({ type: "data" })).toMatchObject({ event: "1" });
  });
});
