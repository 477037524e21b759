import { tracked } from "@trpc/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RawClient } from "../unit/testing/appsync-events/rawClient.ts";
import { createWorld } from "./world.ts";

const HOUR_MS = 60 * 60 * 1000;

afterEach(() => void vi.useRealTimers());

/** Somebody with whatever token, connected. */
async function connected({ api }: Awaited<ReturnType<typeof createWorld>>, token: string) {
  const authorization = { Authorization: token, host: api.host };
  const client = await RawClient.open(api, authorization);
  client.send({ type: "connection_init" });
  await client.next({ type: "connection_ack" });
  return { client, authorization };
}

const toAlice = (text: string) => ({
  data: tracked(text, { text }),
  filter: { name: "mine", ctx: { userId: "alice" } } as const,
});

describe("a token that was stolen", () => {
  it("opens the channels in it and no others, until its time is over", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const world = await createWorld({ engine: { grantTtlMs: HOUR_MS } });
    const [{ token, topics }, bobs] = [await world.grant("alice"), await world.grant("bob")];
    const { client, authorization } = await connected(world, token);
    const answer = async (id: string, channel = "") =>
      (await client.subscribe(id, channel, authorization)).type;
    expect(await answer("1", topics[1])).toBe("subscribe_success");
    expect(await answer("2", bobs.topics[1])).toBe("subscribe_error");
    vi.setSystemTime(Date.now() + HOUR_MS);
    expect(await answer("3", topics[2])).toBe("subscribe_error");
    await (await RawClient.open(world.api, authorization)).next({ type: "connection_error" });
  });
});

describe("a client that does not go when it is locked out", () => {
  it("hears what it was granted until its connection ends, and comes in again only until its token is over", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const world = await createWorld({ engine: { grantTtlMs: HOUR_MS } });
    const { token, topics } = await world.grant("alice");
    const { client, authorization } = await connected(world, token);
    for (const [index, topic] of topics.entries()) {
      await client.subscribe(`${index}`, topic, authorization);
    }
    vi.setSystemTime(Date.now() + 23 * HOUR_MS);
    await world.publisher.routes.chat.onMessage.publish(toAlice("still"));
    expect((await client.next({ type: "data" })).event).toContain("still");
    await world.api.dropConnections();
    await client.closed;
    await (await RawClient.open(world.api, authorization)).next({ type: "connection_error" });
  });
});
