import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import type { Store } from "trpc-aws-subscriptions";
import { type FilterScalar, InvalidFilterError, initSubscriptions } from "trpc-aws-subscriptions";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { type ClientVersion, clientVersions, record } from "../client.ts";
import { gatewayClient } from "../stack.ts";
import { startWorld } from "./world.ts";

interface Ctx {
  readonly userId: string | number | boolean | null;
}

const subscriptions = initSubscriptions<Ctx>();
const t = initTRPC.context<Ctx>().create({ transformer: superjson });
const scalar = z.union([z.string(), z.number(), z.boolean(), z.bigint(), z.null()]);
const router = t.router({
  onMessage: t.procedure
    .input(z.object({ a: scalar, b: scalar.optional(), since: scalar.optional() }))
    .subscription(subscriptions.resolver<string>()),
});

const buildChain = (store: Store) =>
  subscriptions
    .router({ router })
    .store({ store })
    .routes.onMessage.filter(
      { name: "byUser", ctx: { userId: true } },
      { name: "byA", input: { a: true } },
      { name: "both", ctx: { userId: true }, input: { a: true, b: true } },
      // Types refuse `false`; the bug was to take it for a field.
      { name: "falseField", input: { a: true, since: false as true } },
    );

const start = () => startWorld(buildChain, { transformer: superjson });

/** One subscriber for each value, by input; each value is published once, then everybody is told the end. */
async function exchangeInput(version: ClientVersion, values: readonly FilterScalar[]) {
  const { join, publisher } = await start();
  const { publish } = publisher.routes.onMessage;
  const subscribers = values.map((a) => {
    const { client } = join({}, version);
    return record<string>((on) => client.onMessage.subscribe({ a }, on));
  });
  await Promise.all(subscribers.map(({ started }) => started));
  for (const [index, a] of values.entries()) {
    const report = await publish({ data: `${index}`, filter: { name: "byA", input: { a } } });
    expect(report).toEqual({ matched: 1, delivered: 1, gone: 0, failed: 0, complete: true });
  }
  await publish({ data: "end" });
  for (const [index, subscriber] of subscribers.entries()) {
    await subscriber.received(2);
    expect(subscriber.data).toEqual([`${index}`, "end"]);
  }
}

/** The same by context. */
async function exchangeCtx(version: ClientVersion, values: readonly Ctx["userId"][]) {
  const { join, publisher } = await start();
  const { publish } = publisher.routes.onMessage;
  const subscribers = values.map((userId) => {
    const { client } = join({ userId }, version);
    return record<string>((on) => client.onMessage.subscribe({ a: "same" }, on));
  });
  await Promise.all(subscribers.map(({ started }) => started));
  for (const [index, userId] of values.entries()) {
    await publish({ data: `${index}`, filter: { name: "byUser", ctx: { userId } } });
  }
  await publish({ data: "end" });
  for (const [index, subscriber] of subscribers.entries()) {
    await subscriber.received(2);
    expect(subscriber.data).toEqual([`${index}`, "end"]);
  }
}

/** "e" with an acute accent, as one character and as two: other bytes, other values. */
const ACUTE = ["\u00e9", "e\u0301"];
const beginnings = [
  "Bob",
  "Bobby",
  "",
  "user1",
  "user10",
  "user",
  ...ACUTE,
  "👩",
  "👩‍👧",
  "👩‍👧‍👦",
];
const hostile = [
  ...["#", "##", "%", "%%", "%23", "%25", "%2523", "a", "a#", "a#a", "a%23a", "\\", "\\#"],
  ...["\0", "a\0", "connection#", "connection#abc#subscription#%n1#1@abcdef", "input#a#a#"],
];
const lookalikes: readonly FilterScalar[] = [
  ...[1, "1", 1n, "%n1", 10, 0, "0", 0n, -1, 1.5, 1e21, "1e+21"],
  ...[null, "null", "%z", true, "true", "%btrue", false, "false", "", "undefined", "NaN"],
];

describe.each(clientVersions)("client %s", (version) => {
  it("C1: a message for Bob does not reach Bobby, nor user10 one for user1", async () => {
    await exchangeInput(version, beginnings);
    await exchangeCtx(version, beginnings);
  });

  it("C2: #, %, backslash, NUL and key syntax in a value stay inside it", async () => {
    await exchangeInput(version, hostile);
    await exchangeCtx(version, hostile);
  });

  it("C3: 1 is not '1', null not 'null', true not 'true', 1n none of them", async () => {
    await exchangeInput(version, lookalikes);
    await exchangeCtx(version, [1, "1", null, "null", true, "true", "", "%n1"]);
  });

  it("C5: values of 10 KB that differ in the last character", async () => {
    const long = "x".repeat(10_000);
    await exchangeInput(version, [`${long}a`, `${long}b`, long, "x".repeat(128)]);
  });

  it("C2: a value with # does not forge the fields behind it", async () => {
    const { join, publisher } = await start();
    const subscribe = (userId: string, a: string, b: string) => {
      const { client } = join({ userId }, version);
      return record<string>((on) => client.onMessage.subscribe({ a, b }, on));
    };
    const victim = subscribe("u", "1", "2");
    const attackers = [
      subscribe("u", "1#b#2", "x"),
      subscribe("u", "1#b#2#", "x"),
      subscribe("u#input#a#1#b#2", "1", "2"),
      subscribe("u#", "1", "2"),
    ];
    await Promise.all([victim, ...attackers].map(({ started }) => started));
    const { publish } = publisher.routes.onMessage;
    const filter = { name: "both", ctx: { userId: "u" }, input: { a: "1", b: "2" } } as const;
    expect(await publish({ data: "for the victim", filter })).toMatchObject({ matched: 1 });
    await publish({ data: "end" });
    expect(await victim.received(2)).toEqual(["for the victim", "end"]);
    for (const attacker of attackers) {
      await attacker.received(1);
      expect(attacker.data).toEqual(["end"]);
    }
  });

  it("C4: the order in which publish and subscribe write the fields does not matter", async () => {
    const { join, publisher } = await start();
    const { client } = join({ userId: "u" }, version);
    const subscriber = record<string>((on) => client.onMessage.subscribe({ b: 2, a: 1 }, on));
    await subscriber.started;
    const { publish } = publisher.routes.onMessage;
    const filters = [
      { name: "both", ctx: { userId: "u" }, input: { a: 1, b: 2 } },
      { input: { b: 2, a: 1 }, ctx: { userId: "u" }, name: "both" },
    ] as const;
    for (const [index, filter] of filters.entries()) {
      expect(await publish({ data: `${index}`, filter })).toMatchObject({ delivered: 1 });
    }
    expect(await subscriber.received(2)).toEqual(["0", "1"]);
  });
});

it("C4: nor does the order of the declaration, in which two deploys may differ", async () => {
  const { join, store, gateway } = await start();
  const { client } = join({ userId: "u" });
  const subscriber = record<string>((on) => client.onMessage.subscribe({ b: 2, a: 1 }, on));
  await subscriber.started;
  const chain = subscriptions.router({ router }).store({ store });
  const { publisher } = chain.routes.onMessage.filter({
    name: "both",
    input: { b: true, a: true },
    ctx: { userId: true },
  });
  const { endpoint } = gateway;
  const management = gatewayClient(endpoint);
  onTestFinished(() => management.destroy());
  const filter = { name: "both", ctx: { userId: "u" }, input: { a: 1, b: 2 } } as const;
  const later = publisher({ endpoint, client: management }).routes.onMessage;
  expect(await later.publish({ data: "hi", filter })).toMatchObject({ delivered: 1 });
  expect(await subscriber.received(1)).toEqual(["hi"]);
});

it("C5: a field that is declared false is no field", async () => {
  const { join, publisher } = await start();
  const { client } = join();
  const subscriber = record<string>((on) => client.onMessage.subscribe({ a: 1, since: 7 }, on));
  await subscriber.started;
  const { publish } = publisher.routes.onMessage;
  const filter = { name: "falseField", input: { a: 1 } } as never;
  expect(await publish({ data: "hi", filter })).toMatchObject({ delivered: 1 });
  const withIt = { name: "falseField", input: { a: 1, since: 7 } } as never;
  await expect(publish({ data: "hi", filter: withIt })).rejects.toThrow(
    expect.objectContaining({ name: "InvalidFilterError", place: "input.since" }),
  );
});

it("C3: an object, an array, undefined, NaN or Infinity in a filter is refused", async () => {
  const { publisher, calls } = await start();
  const before = calls.length;
  const values = [{ room: 1 }, [1, 2], undefined, Number.NaN, Number.POSITIVE_INFINITY, new Date()];
  for (const a of [...values, Symbol("a"), () => 1, "\ud800"]) {
    const filter = { name: "byA", input: { a } } as never;
    const publishing = publisher.routes.onMessage.publish({ data: "hi", filter });
    await expect(publishing).rejects.toThrow(InvalidFilterError);
    await expect(publishing).rejects.toThrow(expect.objectContaining({ place: "input.a" }));
  }
  expect(calls.length).toBe(before);
});
