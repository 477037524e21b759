import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ClientVersion, clientVersions, record } from "../client.ts";
import { newestVersion } from "../trpcVersion.ts";
import { startWorld } from "./world.ts";

interface Ctx {
  readonly userId: string;
  readonly tenant: string;
  readonly user: { readonly id: string };
}

const subscriptions = initSubscriptions<Ctx>();
const t = initTRPC.context<Ctx>().create();
const input = z.object({ room: z.string().nullish(), since: z.number().default(0) });
const router = t.router({
  onMessage: t.procedure.input(input).subscription(subscriptions.resolver<unknown>()),
  sharded: t.procedure.input(input).subscription(subscriptions.resolver<unknown>({ shards: 4 })),
});

const buildChain = (store: Store) =>
  subscriptions
    .router({ router })
    .store({ store })
    .routes.onMessage.filter(
      { name: "all", ctx: { tenant: true, userId: true }, input: { room: true, since: true } },
      { name: "byRoom", input: { room: true } },
    )
    // A second call adds to the first.
    .routes.onMessage.filter({ name: "byUser", ctx: { userId: true } })
    .routes.onMessage.filter({ name: "watch", ctx: { tenant: true }, input: { room: "optional" } })
    .routes.onMessage.filter(
      { name: "n" },
      { name: "nn", input: { room: true } },
      // Types refuse a field that is no scalar; the bug was to match everybody by it.
      { name: "nested", ctx: { user: true } as never },
      { name: "dotted", ctx: { "user.id": true } as never },
    )
    .routes.sharded.filter({ name: "byRoom", input: { room: true } });

type Somebody = Partial<Ctx> & {
  readonly room?: string | null;
  readonly path?: "onMessage" | "sharded";
};

/** Subscribers, and what each got by the time that everybody was told the end. */
async function audience(version: ClientVersion, people: readonly Somebody[]) {
  const world = await startWorld(buildChain);
  const recordings = people.map(({ room = "red", path = "onMessage", ...somebody }) => {
    const { client } = world.join({ userId: "u", tenant: "t", ...somebody }, version);
    return record<unknown>((on) => client[path].subscribe({ room }, on));
  });
  await Promise.all(recordings.map(({ started }) => started));
  const { onMessage, sharded } = world.publisher.routes;
  const received = async (): Promise<readonly (readonly unknown[])[]> => {
    await Promise.all([onMessage.publish({ data: "end" }), sharded.publish({ data: "end" })]);
    for (const one of recordings) {
      while (one.data.at(-1) !== "end") await one.received(one.data.length + 1);
    }
    return recordings.map(({ data }) => data.slice(0, -1));
  };
  return { ...world, onMessage, sharded, received };
}

const report = (matched: number) => ({
  ...{ matched, delivered: matched },
  ...{ gone: 0, failed: 0, complete: true },
});

describe.each(clientVersions)("client %s", (version) => {
  it("C11: a broadcast on a route with filters reaches each subscription once", async () => {
    const { onMessage, calls, posts, received } = await audience(version, [{}, {}, { room: "b" }]);
    expect(await onMessage.publish({ data: "x" })).toEqual(report(3));
    expect(posts.length).toBe(3);
    expect(await received()).toEqual([["x"], ["x"], ["x"]]);
    for (const { input } of calls) {
      // DynamoDB refuses an empty text in a key condition.
      expect(JSON.stringify(input)).not.toMatch(/":\w+":""/);
    }
  });

  it("C12: filter n is not the beginning of filter nn", async () => {
    const { onMessage, join, received } = await audience(version, [{ room: "red" }]);
    const { client } = join({ userId: "u", tenant: "t" }, version);
    const roomless = record<unknown>((on) => client.onMessage.subscribe({}, on));
    await roomless.started;
    expect(await onMessage.publish({ data: 1, filter: { name: "n" } })).toEqual(report(2));
    const nn = { name: "nn", input: { room: "red" } } as const;
    expect(await onMessage.publish({ data: 2, filter: nn })).toEqual(report(1));
    expect(await received()).toEqual([[1, 2]]);
    await roomless.received(2);
    expect(roomless.data).toEqual([1, "end"]);
  });

  it("C13: filters of every .filter() call work", async () => {
    const { onMessage, received } = await audience(version, [
      { userId: "u1", room: "red" },
      { userId: "u2", room: "blue" },
    ]);
    await onMessage.publish({ data: 1, filter: { name: "byRoom", input: { room: "red" } } });
    await onMessage.publish({ data: 2, filter: { name: "byUser", ctx: { userId: "u2" } } });
    await onMessage.publish({ data: 3, filter: { name: "nn", input: { room: "red" } } });
    expect(await received()).toEqual([[1, 3], [2]]);
  });

  it("a filter without its input reaches everybody with these ctx values, and nobody else", async () => {
    const { onMessage, received } = await audience(version, [
      { userId: "u", tenant: "t", room: "red" },
      { userId: "u", tenant: "t", room: "blue" },
      { userId: "u1", tenant: "t", room: "red" },
      { userId: "u", tenant: "t1", room: "red" },
    ]);
    const ctx = { userId: "u", tenant: "t" };
    expect(await onMessage.publish({ data: 1, filter: { name: "all", ctx } })).toEqual(report(2));
    expect(await received()).toEqual([[1], [1], [], []]);
  });

  it("an array of filters is a union: each subscription once, [] nobody", async () => {
    const { onMessage, posts, received } = await audience(version, [
      { userId: "u1", room: "red" },
      { userId: "u1", room: "blue" },
      { userId: "u2", room: "red" },
      { userId: "u2", room: "green" },
    ]);
    const union = [
      { name: "byRoom", input: { room: "red" } },
      { name: "byUser", ctx: { userId: "u1" } },
      { name: "byRoom", input: { room: "red" } },
      { name: "all", ctx: { userId: "u1", tenant: "t" } },
    ] as const;
    expect(await onMessage.publish({ data: 1, filter: union })).toEqual(report(3));
    expect(await onMessage.publish({ data: 2, filter: [] })).toEqual(report(0));
    expect(posts.length).toBe(3);
    expect(await received()).toEqual([[1], [1], [1], []]);
  });

  it("shards: a sharded route reaches each subscription once, by filter and by broadcast", async () => {
    const people = Array.from(
      { length: 12 },
      (_, index): Somebody => ({ path: "sharded", room: index % 2 === 0 ? "even" : "odd" }),
    );
    const { sharded, table, received } = await audience(version, people);
    const partitions = (await table.routeRows()).map(({ pk }) => pk);
    expect(new Set(partitions).size).toBeGreaterThan(1);
    expect(await sharded.publish({ data: 1 })).toEqual(report(12));
    const even = { name: "byRoom", input: { room: "even" } } as const;
    expect(await sharded.publish({ data: 2, filter: even })).toEqual(report(6));
    expect(await received()).toEqual(people.map(({ room }) => (room === "even" ? [1, 2] : [1])));
  });
});

describe.each(clientVersions)("optional fields, client %s", (version) => {
  it("who leaves an optional field out hears every value, and no complete of one", async () => {
    const { onMessage, join, received } = await audience(version, [
      { room: "red" },
      { room: "blue" },
      { room: null },
    ]);
    const { client } = join({ userId: "u", tenant: "t" }, version);
    const everywhere = record<unknown>((on) => client.onMessage.subscribe({}, on));
    await everywhere.started;
    const watch = (room: string | null, tenant = "t") =>
      ({ name: "watch", ctx: { tenant }, input: { room } }) as const;
    expect(await onMessage.publish({ data: 1, filter: watch("red") })).toEqual(report(2));
    expect(await onMessage.publish({ data: 2, filter: watch("green") })).toEqual(report(1));
    expect(await onMessage.publish({ data: 3, filter: watch(null) })).toEqual(report(2));
    expect(await onMessage.publish({ data: 4, filter: watch("red", "t1") })).toEqual(report(0));
    const union = [watch("red"), watch("blue")];
    expect(await onMessage.publish({ data: 5, filter: union })).toEqual(report(3));
    expect(await onMessage.count(watch("blue"))).toBe(2);
    expect(await received()).toEqual([[1, 5], [5], [3]]);
    expect(await onMessage.complete(watch("red"))).toEqual(report(1));
    await onMessage.publish({ data: 6, filter: watch("red") });
    expect(await everywhere.received(6)).toEqual([1, 2, 3, 5, "end", 6]);
  });
});

it("R1: a filter on a field that is no scalar reaches nobody, never everybody", async () => {
  const { onMessage, received } = await audience(newestVersion, [{ user: { id: "alice" } }]);
  const nested = { name: "nested", ctx: { user: { id: "bob" } } } as never;
  await expect(onMessage.publish({ data: 1, filter: nested })).rejects.toThrow(
    expect.objectContaining({ name: "InvalidFilterError", place: "ctx.user" }),
  );
  const dotted = { name: "dotted", ctx: { "user.id": "alice" } } as never;
  expect(await onMessage.publish({ data: 2, filter: dotted })).toEqual(report(0));
  expect(await received()).toEqual([[]]);
});

it("R2: null is a value of its own, an absent field matches no filter", async () => {
  const { onMessage, join, received } = await audience(newestVersion, [
    { room: null },
    { room: "null" },
  ]);
  const { client } = join({ userId: "u", tenant: "t" });
  const without = record<unknown>((on) => client.onMessage.subscribe({}, on));
  await without.started;
  const nothing = { name: "byRoom", input: { room: null } } as const;
  expect(await onMessage.publish({ data: 1, filter: nothing })).toEqual(report(1));
  expect(await received()).toEqual([[1], []]);
  await without.received(1);
  expect(without.data).toEqual(["end"]);
});

it("R5: the expressions of a query do not grow with data or filter", async () => {
  const { onMessage, calls } = await audience(newestVersion, [{}]);
  const wide = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, index]));
  const expressions = async (data: unknown, filter?: object): Promise<unknown> => {
    const before = calls.length;
    await onMessage.publish({ data, ...(filter && { filter: filter as never }) });
    return calls.slice(before).map(({ command, input }) => {
      const { KeyConditionExpression, FilterExpression, ExpressionAttributeNames } = input;
      return { command, KeyConditionExpression, FilterExpression, ExpressionAttributeNames };
    });
  };
  const narrow = await expressions("x");
  expect(narrow).toEqual([
    {
      command: "QueryCommand",
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      FilterExpression: expect.any(String),
      ExpressionAttributeNames: undefined,
    },
  ]);
  expect(await expressions(wide)).toEqual(narrow);
  const ctx = { userId: "u".repeat(5_000), tenant: "t" };
  expect(await expressions(wide, { name: "all", ctx })).toEqual(narrow);
});
