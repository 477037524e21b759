import { initTRPC } from "@trpc/server";
import { dynamodb, initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ClientVersion, clientVersions, record } from "../client.ts";
import { startWorld } from "./world.ts";

const subscriptions = initSubscriptions();
const t = initTRPC.context<object>().create();
const router = t.router({
  onMessage: t.procedure
    .input(z.object({ room: z.string() }))
    .subscription(subscriptions.resolver<string>()),
});
const buildChain = (store: Store) =>
  subscriptions
    .router({ router })
    .store({ store })
    .routes.onMessage.filter({ name: "byRoom", input: { room: true } });

/** A deployed API with a subscriber. */
async function deploy(
  version: ClientVersion,
  api: { apiId: string; stage: string },
  store?: Store,
) {
  const world = await startWorld(buildChain, {
    gateway: api,
    publisher: { api },
    ...(store && { store }),
  });
  const { client, connectionId } = world.join({}, version);
  const subscriber = record<string>((on) => client.onMessage.subscribe({ room: "red" }, on));
  await subscriber.started;
  const { onMessage } = world.publisher.routes;
  return { ...world, subscriber, onMessage, connectionId: await connectionId };
}

const report = {
  ...{ matched: 1, delivered: 1, gone: 0, failed: 0, complete: true },
};
const byRoom = { name: "byRoom", input: { room: "red" } } as const;

describe.each(clientVersions)("client %s", (version) => {
  it.each([
    [
      { apiId: "a1", stage: "prod" },
      { apiId: "b2", stage: "prod" },
    ],
    [
      { apiId: "a1", stage: "prod" },
      { apiId: "a1", stage: "dev" },
    ],
  ])("L5: of two APIs on one table each answers and posts to its own: %j %j", async (one, two) => {
    const first = await deploy(version, one);
    const second = await deploy(version, two, first.store);
    for (const [name, { onMessage, posts, connectionId }] of Object.entries({ first, second })) {
      expect(await onMessage.count()).toBe(1);
      expect(await onMessage.publish({ data: name })).toEqual(report);
      expect(await onMessage.publish({ data: `${name} red`, filter: byRoom })).toEqual(report);
      expect(posts.map((post) => post.connectionId)).toEqual([connectionId, connectionId]);
    }
    expect(await first.subscriber.received(2)).toEqual(["first", "first red"]);
    expect(await second.subscriber.received(2)).toEqual(["second", "second red"]);
    expect(await first.onMessage.complete()).toEqual(report);
    await first.subscriber.completed;
    expect(await second.onMessage.publish({ data: "end" })).toEqual(report);
    expect([...first.errors, ...second.errors]).toEqual([]);
  });

  it("L2: namespaces of one table never meet", async () => {
    const api = { apiId: "a1", stage: "prod" };
    const first = await deploy(version, api);
    const inNamespace = (namespace: string) => dynamodb({ ...first.table, namespace });
    const second = await deploy(version, api, inNamespace("a"));
    const third = await deploy(version, api, inNamespace("a#path"));
    for (const [name, { onMessage }] of Object.entries({ first, second, third })) {
      expect(await onMessage.publish({ data: name })).toEqual(report);
    }
    await second.store.disconnect(first.connectionId);
    for (const { onMessage } of [first, second, third]) {
      expect(await onMessage.publish({ data: "end", filter: byRoom })).toEqual(report);
    }
    expect(await first.subscriber.received(2)).toEqual(["first", "end"]);
    expect(await second.subscriber.received(2)).toEqual(["second", "end"]);
    expect(await third.subscriber.received(2)).toEqual(["third", "end"]);
  });
});
