import { describe, expect, test } from "vitest";
import { everyone, filtered, frame, START_MS } from "../../src/testing/store/world.ts";
import { type DynamoWorld, dynamoWorld } from "./dynamoWorld.ts";
import { found } from "./found.ts";
import { commands, writeUnits } from "./observe.ts";

const filters = (count: number): ReturnType<typeof filtered>[] =>
  Array.from({ length: count }, (_, index) =>
    filtered(`filter${index}`, [["userId", "user-1"]], [["room", index]]),
  );

/** Units that an action writes. */
async function unitsOf(world: DynamoWorld, action: () => Promise<unknown>): Promise<number> {
  const before = writeUnits(world.calls);
  await action();
  return writeUnits(world.calls) - before;
}

describe.each([0, 1, 3])("write units with %i filters", (count) => {
  const routes = [everyone, ...filters(count)];

  test("connect 1, subscribe 2(3+F), stop 2+F", async () => {
    const world = await dynamoWorld();
    const { store, connect, subscribe } = world;
    expect(await unitsOf(world, () => connect("c"))).toBe(1);
    const connection = await connect("c2");
    expect(await unitsOf(world, () => subscribe(connection, frame({ routes })))).toBe(
      2 * (3 + count),
    );
    const stop = { connectionId: "c2", id: 1, requestTimeMs: START_MS };
    expect(await unitsOf(world, () => store.stop(stop))).toBe(2 + count);
  });

  test("disconnect 1 and every route", async () => {
    const world = await dynamoWorld();
    const connection = await world.connect("c");
    const frames = Array.from({ length: 30 }, (_, id) => frame({ id, routes }));
    // One connection write for all that one transaction holds.
    const transactions = Math.ceil((30 * (2 + count)) / (99 - (99 % (2 + count))));
    expect(await unitsOf(world, () => world.subscribe(connection, ...frames))).toBe(
      2 * (transactions + 30 * (2 + count)),
    );
    expect(await unitsOf(world, () => world.store.disconnect("c"))).toBe(1 + 30 * (1 + count));
    expect(await world.rows()).toBe(0);
  });
});

test("reading a connection and closing one without subscriptions writes nothing more", async () => {
  const world = await dynamoWorld();
  await world.connect("c");
  expect(await unitsOf(world, () => world.store.getConnection("c"))).toBe(0);
  expect(await unitsOf(world, () => world.store.disconnect("c"))).toBe(1);
  expect(await unitsOf(world, () => world.find({ shards: 3 }))).toBe(0);
});

test("a subscription without routes costs 4 units, and its stop 1", async () => {
  const world = await dynamoWorld();
  const connection = await world.connect("c");
  const streaming = frame({ routes: [] });
  expect(await unitsOf(world, () => world.subscribe(connection, streaming))).toBe(4);
  const stop = { connectionId: "c", id: 1, requestTimeMs: START_MS };
  expect(await unitsOf(world, () => world.store.stop(stop))).toBe(1);
});

test("as many subscriptions as fit go into one transaction", async () => {
  const { calls, connect, subscribe } = await dynamoWorld();
  const fits = async (count: number): Promise<number> => {
    const connection = await connect(`c${count}`);
    const before = calls.length;
    const frames = Array.from({ length: count }, (_, id) => frame({ id, routes: filters(2) }));
    await subscribe(connection, ...frames);
    expect(new Set(commands(calls.slice(before)))).toEqual(new Set(["TransactWriteItemsCommand"]));
    return calls.length - before;
  };
  expect(await fits(33)).toBe(1);
  expect(await fits(34)).toBe(2);
  expect(await fits(67)).toBe(3);
});

test("a large frame on a closed or full connection is refused at once", async () => {
  const { store, calls, connect, subscribe } = await dynamoWorld();
  const frames = Array.from({ length: 150 }, (_, id) => frame({ id, routes: filters(2) }));
  const closed = await connect("closed");
  await store.disconnect("closed");
  const before = calls.length;
  expect(new Set(await subscribe(closed, ...frames))).toEqual(new Set(["closed"]));
  expect(commands(calls.slice(before))).toEqual(["TransactWriteItemsCommand"]);
  const full = await connect("full");
  await subscribe(full, ...frames.slice(0, 100));
  const atLimit = calls.length;
  const others = frames.map((one) => frame({ ...one, id: `other ${one.id}` }));
  expect(new Set(await subscribe(full, ...others))).toEqual(new Set(["limit"]));
  expect(commands(calls.slice(atLimit))).toEqual(["TransactWriteItemsCommand", "QueryCommand"]);
});

test("nothing to do makes no call", async () => {
  const { store, calls, connect, subscribe } = await dynamoWorld();
  const connection = await connect("c");
  const before = calls.length;
  await subscribe(connection);
  await store.getSubscriptions([]);
  await store.disconnectAll([]);
  expect(calls.length).toBe(before);
});

test("no call is one that DynamoDB refuses or charges dearly", async () => {
  const { store, calls, connect, subscribe, find } = await dynamoWorld();
  const connection = await connect("c", { paramsExpected: true, session: "" });
  await store.setConnectionParams("c", { "": "" });
  const routes = [everyone, ...filters(3), filtered("empty", [["value", ""]])];
  const frames = Array.from({ length: 80 }, (_, id) => frame({ id, routes, hookState: "" }));
  await subscribe(connection, ...frames);
  await store.getSubscriptions([...frames, ...frames].map(({ id }) => ({ ...connection, id })));
  await find({ shards: 2 });
  await find(filtered("empty", [["value", ""]]));
  await store.stop({ connectionId: "c", id: 1, requestTimeMs: START_MS });
  await store.stop({ connectionId: "unknown", id: 1, requestTimeMs: START_MS });
  await find({ except: [filtered("empty", [["value", ""]]).filter] });
  await store.disconnectAll(await found(store));
  await store.disconnect("c");
  await store.disconnect("unknown");
  await store.signingKey();
  const part = { fanOutId: "", part: "" };
  await store.fanOuts.keep("", "", START_MS);
  await store.fanOuts.kept("");
  const claim = { ...part, end: "", leaseUntil: START_MS - 1, expireAt: START_MS };
  await store.fanOuts.claim(claim);
  await store.fanOuts.claim(claim);
  await store.fanOuts.finish(part);
  const event = { path: "", cursor: "c", text: "", expireAt: START_MS };
  const { history } = store;
  await history.keep({ ...event, filters: [undefined, ...filters(2).map(({ filter }) => filter)] });
  await history.keep({ ...event, filters: [undefined], once: { key: "", fingerprint: "" } });
  await history.finish({ path: "", key: "" });
  const quiet = { path: "", filters: [undefined], cursor: "c" };
  await history.noteQuiet(quiet, START_MS, START_MS);
  await history.quietUntil(quiet);
  for await (const page of history.read({ path: "", from: "c" })) expect(page).toHaveLength(1);
  await history.forget({ ...event, filters: [undefined] });
  expect(commands(calls)).not.toContain("ScanCommand");
  for (const { command, input } of calls) {
    const text = JSON.stringify(input);
    // An empty text in an expression or a key is refused; in an attribute it is welcome.
    expect(text).not.toMatch(/":\w+":""/);
    const isRead = /^(GetItem|Query|BatchGetItem)/.test(command);
    expect(text.includes('"ConsistentRead":true')).toBe(isRead);
  }
  const sizes = (command: string, part: RegExp): readonly number[] =>
    calls
      .filter((call) => call.command === command)
      .map(({ input }) => JSON.stringify(input).match(part)?.length ?? 0);
  expect(atMost(sizes("BatchWriteItemCommand", /"DeleteRequest":/g))).toBe(25);
  expect(atMost(sizes("BatchGetItemCommand", /"pk":/g))).toBe(80);
  expect(atMost(sizes("TransactWriteItemsCommand", /"(Put|Update)":/g))).toBe(97);
});

/** The largest of the sizes, when none is 0. */
function atMost(sizes: readonly number[]): number {
  expect(Math.min(...sizes)).toBeGreaterThan(0);
  return Math.max(...sizes);
}
