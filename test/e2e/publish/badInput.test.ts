import { initTRPC } from "@trpc/server";
import {
  InvalidDataError,
  InvalidFilterError,
  initSubscriptions,
  PayloadTooLargeError,
  type Store,
} from "trpc-aws-subscriptions";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { clientVersions, record } from "../client.ts";
import { MAX_DATA_BYTES, startWorld } from "./world.ts";

interface Ctx {
  readonly userId: string;
}

const subscriptions = initSubscriptions<Ctx>();
const t = initTRPC.context<Ctx>().create();
const named = t.procedure.input(z.object({ name: z.string() }));
const score = z.object({
  points: z.string().transform(Number).pipe(z.number().max(100)),
  tags: z.array(z.string()).default([]),
});
const router = t.router({
  chat: t.router({ onMessage: named.subscription(subscriptions.resolver<unknown>()) }),
  onScore: named.subscription(subscriptions.resolver(score)),
  onChecked: named.subscription(
    subscriptions.resolver(z.string().refine(async (text) => text !== "refused")),
  ),
});

const start = () =>
  startWorld((store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.chat.onMessage.filter(
        { name: "both", ctx: { userId: true }, input: { name: true } },
        { name: "byName", input: { name: true } },
      ),
  );

const circular: Record<string, unknown> = {};
circular["self"] = circular;

const wrongCalls: readonly (readonly [what: string, options: unknown, place: string])[] = [
  ["no options", undefined, "options"],
  ["options that are no object", "hi", "options"],
  ["no data", {}, "data"],
  ["a misspelt option", { data: 1, filters: [] }, "options.filters"],
  ["an unknown option", { data: 1, concurrency: 1 }, "options.concurrency"],
  ["R2: filter: undefined", { data: 1, filter: undefined }, "filter"],
  ["R2: filter: null", { data: 1, filter: null }, "filter"],
  ["an unknown filter", { data: 1, filter: { name: "byRoom" } }, "name"],
  ["R2: a filter without a name", { data: 1, filter: {} }, "name"],
  ["R2: a missing section", { data: 1, filter: { name: "byName" } }, "input"],
  ["R2: input: undefined", { data: 1, filter: { name: "byName", input: undefined } }, "input"],
  [
    "R2: input: undefined beside ctx",
    { data: 1, filter: { name: "both", ctx: { userId: "u" }, input: undefined } },
    "input",
  ],
  ["R2: a missing field", { data: 1, filter: { name: "byName", input: {} } }, "input.name"],
  [
    "R2: an undefined field",
    { data: 1, filter: { name: "byName", input: { name: undefined } } },
    "input.name",
  ],
  [
    "an unknown field",
    { data: 1, filter: { name: "byName", input: { name: "a", room: 1 } } },
    "input.room",
  ],
  [
    "R2: a wrong one of several",
    { data: 1, filter: [{ name: "byName", input: { name: "a" } }, undefined] },
    "filter[1]",
  ],
  ["a bigint in data", { data: { a: [1n] } }, "data.a.0"],
  ["a circle in data", { data: circular }, "data.self"],
];

describe("a wrong publish is refused with its place, and nothing is read or sent", () => {
  it.each(wrongCalls)("%s", async (_, options, place) => {
    const { publisher, calls, posts } = await start();
    const { publish } = publisher.routes.chat.onMessage;
    const refusal = publish(options as never);
    await expect(refusal).rejects.toBeInstanceOf(
      /^data/.test(place) ? InvalidDataError : InvalidFilterError,
    );
    await expect(refusal).rejects.toMatchObject({ path: "chat.onMessage", place });
    expect(calls).toEqual([]);
    expect(posts).toEqual([]);
  });

  it.each(["complete", "count", "disconnect"] as const)("R2: %s(undefined)", async (verb) => {
    const { publisher, calls } = await start();
    const refusal = publisher.routes.chat.onMessage[verb](undefined as never);
    await expect(refusal).rejects.toThrow(InvalidFilterError);
    expect(calls).toEqual([]);
  });

  it("disconnect() takes nobody, not everybody", async () => {
    const { publisher, calls } = await start();
    const { disconnect } = publisher.routes.chat.onMessage;
    const disconnectEverybody = disconnect as () => Promise<unknown>;
    await expect(disconnectEverybody()).rejects.toThrow(InvalidFilterError);
    expect(calls).toEqual([]);
  });

  it("a path that is no such subscription", async () => {
    const { publisher, calls } = await start();
    const routes = publisher.routes as unknown as Record<string, typeof publisher.routes.onScore>;
    for (const path of ["chat", "nope", "__proto__", "onScore.publish"]) {
      const refusal = routes[path]?.publish({ data: { points: "1" } });
      await expect(refusal).rejects.toThrow(`publisher.routes.${path}.publish`);
    }
    expect(calls).toEqual([]);
  });
});

describe.each(clientVersions)("size, client %s", (version) => {
  it.each([
    ["x", 1],
    ["é", 2],
    ["€", 3],
    ["👩", 4],
  ])("data of %j: the largest arrives whole, one byte more is refused", async (text, bytes) => {
    const { publisher, calls, posts, join } = await start();
    const { client } = join({}, version);
    const subscriber = record<unknown>((on) => client.chat.onMessage.subscribe({ name: "a" }, on));
    await subscriber.started;
    const { publish } = publisher.routes.chat.onMessage;
    const full =
      text.repeat(Math.floor(MAX_DATA_BYTES / bytes)) + "x".repeat(MAX_DATA_BYTES % bytes);
    for (const data of [full.slice(text.length), full]) {
      expect(await publish({ data })).toMatchObject({ delivered: 1, failed: 0 });
    }
    const [before, sent] = [calls.length, posts.length];
    const refusal = publish({ data: `${full}x` });
    await expect(refusal).rejects.toThrow(PayloadTooLargeError);
    await expect(refusal).rejects.toMatchObject({ bytes: 131_073, maxBytes: 131_072 });
    expect([calls.length, posts.length]).toEqual([before, sent]);
    const received = await subscriber.received(2);
    expect(received[0] === full.slice(text.length) && received[1] === full).toBe(true);
  });
});

describe("a schema", () => {
  it("transforms: subscribers get what it makes of the data", async () => {
    const { publisher, join } = await start();
    const { client } = join();
    const subscriber = record<object>((on) => client.onScore.subscribe({ name: "a" }, on));
    await subscriber.started;
    const data = { points: "7", secret: "left out by the schema" };
    await publisher.routes.onScore.publish({ data });
    expect(await subscriber.received(1)).toEqual([{ points: 7, tags: [] }]);
  });

  it.each([
    [{ points: 7 }, "data.points"],
    [{ points: "101" }, "data.points"],
    [{ points: "1", tags: ["a", 2] }, "data.tags.1"],
    [undefined, "data"],
  ])("refuses %j before anything is read", async (data, place) => {
    const { publisher, calls, posts } = await start();
    const refusal = publisher.routes.onScore.publish({ data: data as never });
    await expect(refusal).rejects.toThrow(InvalidDataError);
    await expect(refusal).rejects.toMatchObject({ path: "onScore", place });
    expect([calls, posts]).toEqual([[], []]);
  });

  it("may be asynchronous", async () => {
    const { publisher, calls } = await start();
    const { publish } = publisher.routes.onChecked;
    await expect(publish({ data: "refused" })).rejects.toThrow(InvalidDataError);
    expect(calls).toEqual([]);
    expect(await publish({ data: "fine" })).toMatchObject({ matched: 0, complete: true });
  });
});
