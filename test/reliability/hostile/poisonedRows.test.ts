import { afterAll, afterEach, describe, expect, it } from "vitest";
import { report } from "../figures.ts";
import { connectionRow, type Poison, poisonWorld, subscriptionRow } from "./poisonWorld.ts";

type Case = readonly [name: string, poison: Poison];

const SECRET = "s3cret";
/** Larger than a JavaScript number can hold exactly. */
const HUGE = 123_456_789_012_345_678_901_234_567_890n;

const whoAmI = { id: 7, method: "query", params: { path: "whoAmI" } };
const onPlain = { id: 7, method: "subscription", params: { path: "onPlain" } };
const failed = (code: string) => [
  { id: 7, error: { message: expect.any(String), data: { code } } },
];

/** Connections that are as good as closed. */
const closed: readonly Case[] = [
  ["an unknown state", { state: "HALF OPEN" }],
  ["a state that is a number", { state: 1 }],
  ["no state", { state: undefined }],
  ["no expireAt", { expireAt: undefined }],
  ["expireAt as text", { expireAt: "99999999999" }],
  ["expireAt in a list", { expireAt: [99_999_999_999] }],
];

/** Connections whose requests fail without a word about the row. */
const broken: readonly Case[] = [
  ["a session that is no JSON", { session: `{${SECRET}` }],
  ["an empty session", { session: "" }],
  ["connectionParams that are no JSON", { connectionParams: `{${SECRET}` }],
  ["connectionParams that are a JSON number", { connectionParams: "5" }],
  ["connectionParams in an array", { connectionParams: `["${SECRET}"]` }],
  ["connectionParams with an object inside", { connectionParams: `{"a":{"b":"${SECRET}"}}` }],
];

/** Subscriptions that a publish with `onData` must leave out. */
const skipped: readonly Case[] = [
  ["an unknown state", { state: "PAUSED" }],
  ["no state", { state: undefined }],
  ["no time", { requestTimeMs: undefined }],
  ["a time as text", { requestTimeMs: "1" }],
  ["another time", { requestTimeMs: 1 }],
  ["no expireAt", { expireAt: undefined }],
  ["expireAt as text", { expireAt: "99999999999" }],
];

/** Subscriptions for which `onData` has nothing to work with. */
const unreadable: readonly Case[] = [
  ["hookState that is no JSON", { hookState: `{${SECRET}` }],
  ["an empty hookState", { hookState: "" }],
  ["hookState of null", { hookState: "null" }],
  ["hookState of a number", { hookState: "5" }],
  ["hookState in an array", { hookState: "[]" }],
  ["hookState with a text for ctx", { hookState: '{"ctx":"x"}' }],
  ["hookState nested 60,000 deep", { hookState: "[".repeat(60_000) + "]".repeat(60_000) }],
];

/** Subscriptions with which nothing is wrong that matters. */
const harmless: readonly Case[] = [
  ["expireAt beyond JavaScript's numbers", { expireAt: HUGE }],
  ["an attribute beyond JavaScript's numbers", { subscriptions: HUGE }],
  ["a messageId that is a number", { messageId: 1 }],
  ["no path", { path: undefined }],
  ["a list of junk for its routes", { routes: [1, "a", [], [1, 2], ["a"], { pk: "a", sk: "b" }] }],
  ["a text for its routes", { routes: "path#onHook" }],
  ["attributes that nobody knows", { ["__proto__x"]: { a: new Set(["b"]) }, constructor: null }],
  ["a text of 300 KB", { note: "x".repeat(300_000) }],
];

let cases = 0;
afterEach(() => {
  cases++;
});
afterAll(() => report("hostile rows: connections and subscriptions", { cases }));

describe("S21: a connection's row with", () => {
  it.each(closed)("%s counts as closed", async (_name, poison) => {
    const { open, send, poison: write } = await poisonWorld();
    await open("a");
    await write(connectionRow("a"), poison);
    expect(await send("a", whoAmI)).toMatchObject(failed("UNAUTHORIZED"));
    expect(await send("a", onPlain)).toMatchObject(failed("UNAUTHORIZED"));
  });

  it.each(broken)("%s fails its own requests", async (_name, poison) => {
    const { open, send, poison: write, failures, recording } = await poisonWorld();
    await open("a", { connectionParams: "1" });
    await open("b");
    await send("a", { method: "connectionParams", data: {} });
    await write(connectionRow("a"), poison);
    expect(await send("a", whoAmI)).toMatchObject(failed("INTERNAL_SERVER_ERROR"));
    expect(JSON.stringify(recording.posts)).not.toContain(SECRET);
    expect(failures).not.toEqual([]);
    expect(await send("b", whoAmI)).toMatchObject([{ id: 7, result: { data: { user: "b" } } }]);
  });

  it.each<Case>([
    ["no number of subscriptions", { subscriptions: undefined }],
    ["a text for it", { subscriptions: "1" }],
  ])("%s fails its subscribe, at once", async (_name, poison) => {
    const { open, send, poison: write, failures } = await poisonWorld();
    await open("a");
    await write(connectionRow("a"), poison);
    expect(await send("a", onPlain)).toMatchObject(failed("INTERNAL_SERVER_ERROR"));
    expect(failures).toMatchObject([{ cause: { name: "TableError" } }]);
  });
});

/** Publishes to three subscribers with `onData`; the row of the second is poisoned. */
async function publishWith(poison: Poison) {
  const world = await poisonWorld();
  for (const connectionId of ["a", "b", "c"]) await world.join(connectionId, "onHook");
  await world.poison(subscriptionRow("b"), poison);
  const before = world.recording.posts.length;
  const published = await world.publisher.routes.onHook.publish({ data: "news" });
  const frames = world.recording.posts.slice(before).map(({ connectionId, frame }) => {
    const { result } = JSON.parse(frame);
    return [connectionId, result.data];
  });
  return { ...world, published, frames: frames.toSorted() };
}

const others = [
  ["a", "news for a"],
  ["c", "news for c"],
];

describe("S21: a subscription's row with", () => {
  it.each(skipped)("%s is left out", async (_name, poison) => {
    const { published, frames } = await publishWith(poison);
    expect(frames).toEqual(others);
    expect(published).toMatchObject({ matched: 2, delivered: 2, failed: 0, complete: true });
  });

  it.each(unreadable)("%s is counted and reported", async (_name, poison) => {
    const { published, frames, failures } = await publishWith(poison);
    expect(frames).toEqual(others);
    expect(published).toMatchObject({ matched: 3, delivered: 2, failed: 1, complete: true });
    expect(failures).toHaveLength(1);
  });

  it.each(harmless)("%s is one like others", async (_name, poison) => {
    const { published, frames, close, failures, send } = await publishWith(poison);
    expect(frames).toEqual([others[0], ["b", "news for b"], others[1]]);
    expect(published).toMatchObject({ matched: 3, delivered: 3, complete: true });
    expect(await send("b", { id: 1, method: "subscription.stop" })).toMatchObject([
      { id: 1, result: { type: "stopped" } },
    ]);
    expect(await close("b")).toEqual({ statusCode: 200 });
    expect(failures).toEqual([]);
  });
});
