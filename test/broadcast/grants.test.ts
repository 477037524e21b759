import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import { describe, expect, it } from "vitest";
import type { Grant, SubscriptionsEvent } from "../../src/index.ts";
import { createWorld, forbidden, Heard, type Message, ran, until } from "./world.ts";

/** Asks for grants as any HTTP client can. */
async function asker(userId?: string) {
  const events: SubscriptionsEvent[] = [];
  const world = await createWorld({ onEvent: (event) => events.push(event) });
  const client = createTRPCClient<ReturnType<typeof world.chain.grantRouter>>({
    links: [
      httpLink({ url: world.url, headers: userId === undefined ? {} : { "x-user": userId } }),
    ],
  });
  const ask = (request: unknown): Promise<Grant> =>
    client.subscriptionGrant.mutate(request as never);
  const refusal = async (request: unknown): Promise<unknown> => {
    const error: unknown = await ask(request).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return error instanceof TRPCClientError ? error.data?.code : error;
  };
  return { ...world, events, ask, refusal };
}

describe("a grant", () => {
  it("has the topics of everybody, of each filter, and of the ctx of each", async () => {
    const { ask, events } = await asker("ann");
    const grant = await ask({ path: "chat.onMessage", input: { room: "red" } });
    expect(grant.topics.map((topic) => topic.split("/").slice(0, 3).join("/"))).toEqual([
      expect.stringMatching(/^memory\/chat-onMessage-x[a-z2-7]{8}\/all$/),
      expect.stringMatching(/\/f-mine$/),
      expect.stringMatching(/\/f-mineInRoom$/),
      expect.stringMatching(/\/f-mineInRoom$/),
      expect.stringMatching(/\/f-room$/),
    ]);
    expect(new Set(grant.topics).size).toBe(5);
    expect(grant.clientId).toMatch(/^[a-z2-7]{26}$/);
    expect(grant.expiresInMs).toBe(3_600_000);
    expect(events).toEqual([
      { type: "granted", path: "chat.onMessage", topics: 5, durationMs: expect.any(Number) },
    ]);
  });

  it("has no topic of a filter whose field the subscriber lacks", async () => {
    const { ask } = await asker("ann");
    const grant = await ask({ path: "news" });
    expect(grant.topics.map((topic) => topic.split("/")[2])).toEqual(["all"]);
  });

  it("is another one each time: no two clients have one id", async () => {
    const { ask } = await asker();
    const grants = await Promise.all([ask({ path: "news" }), ask({ path: "news" })]);
    expect(grants[0]?.topics).toEqual(grants[1]?.topics);
    expect(grants[0]?.clientId).not.toBe(grants[1]?.clientId);
  });
});

describe("a grant is refused", () => {
  it.each([
    ["without a user", { path: "chat.onMessage", input: { room: "red" } }, "UNAUTHORIZED"],
    ["of nothing", { path: "" }, "NOT_FOUND"],
    ["of a query", { path: "query" }, "NOT_FOUND"],
    ["of a mutation", { path: "mutation" }, "NOT_FOUND"],
    ["of another generator", { path: "generator" }, "NOT_FOUND"],
    ["of another subscription", { path: "observable" }, "NOT_FOUND"],
    ["of a prototype's member", { path: "__proto__" }, "NOT_FOUND"],
    ["of a router", { path: "chat" }, "NOT_FOUND"],
    ["of itself", { path: "subscriptionGrant" }, "NOT_FOUND"],
  ])("%s", async (_, request, code) => {
    const { refusal, events } = await asker();
    expect(await refusal(request)).toBe(code);
    expect(events).toMatchObject([{ type: "grantRefused", code }]);
    expect(ran.count).toBe(0);
  });

  it.each([
    ["no object", 1],
    ["no path", {}],
    ["a path that is no text", { path: ["news"] }],
    ["a path that is too long", { path: "x".repeat(1_001) }],
  ])("of a request with %s", async (_, request) => {
    const { refusal } = await asker();
    expect(await refusal(request)).toBe("BAD_REQUEST");
  });

  it("by the subscription's own parser and middleware, as for any procedure", async () => {
    const { refusal } = await asker("ann");
    forbidden.add("red");
    expect(await refusal({ path: "chat.onMessage", input: { room: 1 } })).toBe("BAD_REQUEST");
    expect(await refusal({ path: "chat.onMessage", input: { room: "red" } })).toBe("FORBIDDEN");
    expect(await refusal({ path: "chat.onMessage", input: { room: "blue" } })).toBeUndefined();
  });

  it("and its subscription ends with the error, while its neighbour of the batch goes on", async () => {
    const { client, broker } = await createWorld();
    forbidden.add("red");
    const { trpc } = await client("ann");
    const [red, blue] = [new Heard<Message>(), new Heard<Message>()];
    trpc.chat.onMessage.subscribe({ room: "red" }, red.callbacks);
    trpc.chat.onMessage.subscribe({ room: "blue" }, blue.callbacks);
    await blue.start();
    await until(() => red.errors.length > 0);
    expect(red.errors.map(({ data }) => data?.code)).toEqual(["FORBIDDEN"]);
    expect(red.started).toBe(0);
    expect(broker.connections).toBe(1);
  });
});
