import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store, TransportError } from "trpc-aws-subscriptions";
import type { PostFault } from "trpc-aws-subscriptions/local";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { type ClientVersion, clientVersions, record } from "../client.ts";
import { gatewayClient } from "../stack.ts";
import { newestVersion } from "../trpcVersion.ts";
import { startWorld } from "./world.ts";

interface Ctx {
  readonly userId: string;
}

const subscriptions = initSubscriptions<Ctx>();
const t = initTRPC.context<Ctx>().create();
const stopped: string[] = [];
const router = t.router({
  onMessage: t.procedure.input(z.object({ room: z.string() })).subscription(
    subscriptions.resolver<string>({
      async onStop({ connectionId }) {
        stopped.push(connectionId);
      },
    }),
  ),
});
const buildChain = (store: Store) =>
  subscriptions
    .router({ router })
    .store({ store })
    .routes.onMessage.filter(
      { name: "byUser", ctx: { userId: true } },
      { name: "byRoom", input: { room: true } },
    );

/** Subscribers of rooms: one client for each user, a subscription for each of their rooms. */
async function start(version: ClientVersion, people: Readonly<Record<string, readonly string[]>>) {
  const faults = new Map<string, PostFault | "hang">();
  const world = await startWorld(buildChain, {
    publisher: { postTimeoutMs: 200, maxAttempts: 1 },
    gateway: {
      onPost: (connectionId, body) =>
        body.includes('"type":"started"') ? undefined : faults.get(connectionId),
    },
  });
  const users = Object.entries(people).map(([userId, rooms]) => {
    const { client, connectionId } = world.join({ userId }, version);
    const recordings = rooms.map((room) =>
      record<string>((on) => client.onMessage.subscribe({ room }, on)),
    );
    return { userId, connectionId, recordings };
  });
  await Promise.all(users.flatMap(({ recordings }) => recordings.map(({ started }) => started)));
  const all = users.flatMap(({ recordings }) => recordings);
  const ids = await Promise.all(users.map(({ connectionId }) => connectionId));
  const { onMessage } = world.publisher.routes;
  const byUser = (userId: string) => ({ name: "byUser", ctx: { userId } }) as const;
  const byRoom = (room: string) => ({ name: "byRoom", input: { room } }) as const;
  return { ...world, faults, all, ids, onMessage, byUser, byRoom };
}

describe.each(clientVersions)("count and complete, client %s", (version) => {
  it("count: of a filter, of a union, of the route, and after a stop", async () => {
    const { onMessage, all, byUser, byRoom, seen, posts } = await start(version, {
      u1: ["red", "blue"],
      u2: ["red"],
    });
    expect(await onMessage.count()).toBe(3);
    expect(await onMessage.count(byUser("u1"))).toBe(2);
    expect(await onMessage.count(byRoom("red"))).toBe(2);
    expect(await onMessage.count([byUser("u1"), byRoom("red")])).toBe(3);
    expect(await onMessage.count([])).toBe(0);
    expect(await onMessage.count(byUser("u"))).toBe(0);
    all[0]?.unsubscribe();
    const isStopped = '"type":"stopped"';
    await seen((event) => event.type === "management" && !!event.body?.includes(isStopped));
    expect(await onMessage.count()).toBe(2);
    expect(posts).toEqual([]);
  });

  it("complete: ends the addressed subscriptions for good, and no other", async () => {
    const { onMessage, all, ids, byRoom, table, gateway } = await start(version, {
      u1: ["red", "blue"],
      u2: ["red"],
    });
    stopped.length = 0;
    expect(await onMessage.complete(byRoom("red"))).toEqual({
      ...{ matched: 2, delivered: 2, gone: 0, failed: 0, complete: true },
    });
    await Promise.all([all[0]?.completed, all[2]?.completed]);
    expect(stopped.toSorted()).toEqual(ids.toSorted());
    expect(await onMessage.publish({ data: "end" })).toMatchObject({ matched: 1 });
    expect(await all[1]?.received(1)).toEqual(["end"]);
    await gateway.settled();
    expect((await table.routeRows()).length).toBe(3);
    expect(all.map(({ data }) => data.length)).toEqual([0, 1, 0]);
    expect(await onMessage.complete()).toMatchObject({ matched: 1, delivered: 1 });
    await all[1]?.completed;
    expect(await table.routeRows()).toEqual([]);
  });

  it("R13: complete deletes the rows even where the post fails", async () => {
    const { onMessage, ids, faults, table, errors } = await start(version, {
      ...{ gone: ["red"], forbidden: ["red"], broken: ["red"], hanging: ["red"], healthy: ["red"] },
    });
    faults.set(ids[0] ?? "", { statusCode: 410 });
    faults.set(ids[1] ?? "", { statusCode: 403 });
    faults.set(ids[2] ?? "", { statusCode: 500 });
    faults.set(ids[3] ?? "", "hang");
    stopped.length = 0;
    expect(await onMessage.complete()).toEqual({
      ...{ matched: 5, delivered: 1, gone: 1, failed: 3, complete: true },
    });
    expect(await table.routeRows()).toEqual([]);
    expect(stopped.toSorted()).toEqual(ids.toSorted());
    expect(errors.map(({ route }) => route)).toEqual(Array(3).fill("publisher"));
    expect(await onMessage.publish({ data: "hi" })).toMatchObject({ matched: 0 });
  });
});

describe.each(clientVersions)("revocation, client %s", (version) => {
  it("disconnect(filter): closes the whole connections addressed, and no other", async () => {
    const { onMessage, all, ids, byRoom, lock, seen, gateway, store } = await start(version, {
      u1: ["red", "blue"],
      u2: ["red", "red"],
      u3: ["blue"],
    });
    lock();
    stopped.length = 0;
    expect(await onMessage.disconnect(byRoom("red"))).toEqual({
      ...{ matched: 2, delivered: 2, gone: 0, failed: 0, complete: true },
    });
    await seen(({ type }) => type === "closed", 2);
    expect(gateway.connectionIds()).toEqual(ids.slice(2));
    expect(new Set(stopped)).toEqual(new Set(ids.slice(0, 2)));
    expect(await onMessage.publish({ data: "end" })).toMatchObject({ matched: 1, delivered: 1 });
    expect(await all[4]?.received(1)).toEqual(["end"]);
    for (const id of ids.slice(0, 2)) expect(await store.getConnection(id)).toBeUndefined();
  });

  it("publisher.disconnect(id): nothing is posted to it any more, its socket is closed", async () => {
    const { publisher, onMessage, all, ids, lock, seen, gateway, table } = await start(version, {
      u1: ["red", "blue"],
      u2: ["red"],
    });
    lock();
    await publisher.disconnect(ids[0] ?? "");
    expect(await onMessage.publish({ data: "end" })).toMatchObject({ matched: 1, delivered: 1 });
    await seen(({ type }) => type === "closed");
    expect(gateway.connectionIds()).toEqual(ids.slice(1));
    expect((await table.routeRows()).length).toBe(3);
    expect(await all[2]?.received(1)).toEqual(["end"]);
    expect(all.map(({ data }) => data.length)).toEqual([0, 0, 1]);
    await publisher.disconnect(ids[0] ?? "");
    await publisher.disconnect("never-there");
  });
});

it("disconnect: a socket that cannot be closed gets nothing any more all the same", async () => {
  const { gateway, store, ids, onMessage, byUser } = await start(newestVersion, { u1: ["red"] });
  const client = gatewayClient(gateway.endpoint);
  onTestFinished(() => client.destroy());
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === "DeleteConnectionCommand") throw new Error("no close today");
        return next(args);
      },
    { step: "initialize" },
  );
  const failures: unknown[] = [];
  const publisher = buildChain(store).publisher({
    endpoint: gateway.endpoint,
    client,
    onError: (failure) => failures.push(failure),
  });
  const report = await publisher.routes.onMessage.disconnect(byUser("u1"));
  expect(report).toEqual({ matched: 1, delivered: 0, gone: 0, failed: 1, complete: true });
  const error = expect.any(TransportError);
  expect(failures).toEqual([{ error, path: "onMessage", connectionId: ids[0] }]);
  await expect(publisher.disconnect(ids[0] ?? "")).rejects.toThrow("no close today");
  expect(await onMessage.publish({ data: "hi" })).toMatchObject({ matched: 0 });
  expect(gateway.connectionIds()).toEqual(ids);
});
