import type { GatewayObservation } from "trpc-aws-subscriptions/local";
import { afterEach, expect, it, vi } from "vitest";
import { textsOf } from "../history/feed.ts";
import { addRows } from "../publish/world.ts";
import { gatewayClient } from "../stack.ts";
import { newestVersion } from "../trpcVersion.ts";
import { inserts, lambda, startOutbox } from "./world.ts";

/** More subscribers than the first page has, whose rows come behind those of real ones. */
const CROWD = ["zzzzzzzz0=", "zzzzzzzz1=", "zzzzzzzz2="];
const IN_ROOM = ["name#byRoom#input#room#a#"];
const IDS = Array.from({ length: 100 }, (_, index) => index);

afterEach(() => vi.useRealTimers());

/** Moves the clock of handlers, publishers and the gateway. */
function later(ms: number): void {
  const now = Date.now() + ms;
  vi.useFakeTimers({ toFake: ["Date"], now });
}

const isStarted = (seen: GatewayObservation): boolean =>
  seen.type === "management" && !!seen.body?.includes('"started"');

/** A feed with a crowd on it, where the second page cannot be read for as long as the test wants. */
async function startCrowd(posted: (subscriber: string) => void) {
  let isBroken = false;
  const world = await startOutbox({
    // A post that has no answer in time is made again, and a busy machine may be slow.
    stream: { postTimeoutMs: 20_000 },
    plan: ({ command, input }) =>
      isBroken && command === "QueryCommand" && "ExclusiveStartKey" in input
        ? { refuse: new Error("no answer") }
        : undefined,
    gateway: {
      onPost: (connectionId, body) => {
        if (!CROWD.includes(connectionId)) return undefined;
        posted(`${connectionId} ${JSON.parse(body).id}`);
        return { statusCode: 200 };
      },
    },
  });
  await Promise.all(
    CROWD.map((connectionId) =>
      addRows(world.store, { connectionId, path: "onMessage", ids: IDS, filters: IN_ROOM }),
    ),
  );
  return {
    ...world,
    breakReading: (broken: boolean) => {
      isBroken = broken;
    },
  };
}

/** A handler whose first post waits for something to happen. */
function heldUp(
  { gateway: { endpoint }, chain }: Awaited<ReturnType<typeof startOutbox>>,
  meanwhile: () => Promise<void>,
) {
  const client = gatewayClient(endpoint);
  let happened: Promise<void> | undefined;
  client.middlewareStack.add((next) => async (given) => {
    happened ??= meanwhile();
    await happened;
    return next(given);
  });
  return chain.streamHandler({ endpoint, client, postTimeoutMs: 60_000 });
}

it("a late event is moved to a cursor of now, and keeps its id", async () => {
  const world = await startOutbox();
  const bob = world.enter({ userId: "bob", room: "a" }, newestVersion);
  await bob.started;
  const { eventId } = await world.write("a", "late");
  const before = await world.events();
  later(60_000);
  await world.handler(inserts(...before));
  expect(await bob.received(1)).toEqual([{ id: eventId, data: "late" }]);
  const [moved, ...more] = await world.events();
  expect(more).toEqual([]);
  expect(moved?.sk.localeCompare(eventId)).toBe(1);
  expect(moved).not.toHaveProperty("outbox");
  const longerSeconds = Number(moved?.expireAt) - Number(before[0]?.expireAt);
  expect(longerSeconds).toBeGreaterThanOrEqual(60);
  expect(longerSeconds).toBeLessThan(90);
  const frame = JSON.parse(world.posts.at(-1)?.frame ?? "{}");
  expect(frame.result).toMatchObject({ id: moved?.sk, data: { id: eventId } });
});

it("an event in time is not moved", async () => {
  const world = await startOutbox();
  const { eventId } = await world.write("a", "in time");
  later(9_000);
  await world.handler(inserts(...(await world.events())));
  expect((await world.events()).map(({ sk }) => sk)).toEqual([eventId]);
});

it("who came back where a late event had passed already gets it all the same, and nobody else twice", async () => {
  const posts = new Map<string, number>();
  const world = await startCrowd((id) => posts.set(id, (posts.get(id) ?? 0) + 1));
  const bob = world.enter({ userId: "bob", room: "a" }, newestVersion);
  await bob.started;
  let batch = inserts();
  await world.cut(async () => {
    await world.write("a", "late");
    batch = inserts(...(await world.events()));
    world.breakReading(true);
    expect(await world.handler(batch)).toEqual({ batchItemFailures: [{ itemIdentifier: "1" }] });
    expect(posts.size).toBe(250);
    world.breakReading(false);
    later(60_000);
  });
  await world.seen(isStarted, 2);
  // A newer event moves the cursor beyond what a later resume would ask for.
  await world.say("a", "newer");
  expect(textsOf(await bob.received(1))).toEqual(["newer"]);
  await world.cut();
  // Only then its resume is over, which would find the event under its new cursor.
  await world.seen(isStarted, 3);
  posts.clear();
  expect(await world.handler(batch)).toEqual({ batchItemFailures: [] });
  expect(textsOf(await bob.received(3))).toEqual(["newer", "newer", "late"]);
  expect([...posts.values()].every((count) => count === 1)).toBe(true);
  expect(posts.size).toBe(50);
  expect(world.failures.map(({ message }) => message)).toEqual(["no answer"]);
});

it.each([
  ["before the last row", "zzzzzzzz0="],
  ["behind the last row", "--------0="],
])(
  "who came back %s while that was posted to for long gets a late event all the same",
  async (_, connectionId) => {
    const world = await startOutbox({
      gateway: { onPost: (id) => (id === connectionId ? { statusCode: 200 } : undefined) },
    });
    await addRows(world.store, { connectionId, path: "onMessage", ids: [0], filters: IN_ROOM });
    await world.write("a", "late");
    const batch = inserts(...(await world.events()));
    const received: (() => Promise<readonly string[]>)[] = [];
    const handler = heldUp(world, async () => {
      later(60_000);
      // Its resume asks for no more than the overlap before this one.
      const { eventId: lastEventId } = await world.say("a", "newer");
      const bob = world.enter({ userId: "bob", room: "a", lastEventId }, newestVersion);
      await bob.started;
      received.push(async () => textsOf(await bob.received(2)));
    });
    expect(await handler(batch)).toEqual({ batchItemFailures: [] });
    const [hisConnection] = world.gateway.connectionIds();
    const reached = world.posts.filter(({ frame }) => frame.includes('"late"'));
    expect(reached.map((post) => post.connectionId)).toEqual([connectionId, hisConnection]);
    expect(await received[0]?.()).toEqual(["newer", "late"]);
  },
);

it("a stream that lags behind the life of its events goes on behind what was posted, too", async () => {
  const posts = new Set<string>();
  const lagMs = 6 * 3_600_000;
  const world = await startCrowd((id) => posts.add(id));
  later(-lagMs);
  await world.write("a", "late");
  const batch = inserts(...(await world.events()));
  later(lagMs);
  world.breakReading(true);
  expect(await world.handler(batch)).toEqual({ batchItemFailures: [{ itemIdentifier: "1" }] });
  expect(posts.size).toBe(250);
  posts.clear();
  world.breakReading(false);
  expect(await world.handler(batch)).toEqual({ batchItemFailures: [] });
  expect(posts.size).toBe(50);
  posts.clear();
  expect(await world.handler(batch)).toEqual({ batchItemFailures: [] });
  expect(posts.size).toBe(0);
});

it("a handler without time leaves the rest, and goes on behind what it posted", async () => {
  const posts = new Map<string, number>();
  const world = await startCrowd((id) => posts.set(id, (posts.get(id) ?? 0) + 1));
  await world.write("a", "hi");
  const batch = inserts(...(await world.events()));
  const failed = { batchItemFailures: [{ itemIdentifier: "1" }] };
  expect(await world.handler(batch, lambda(1_000))).toEqual(failed);
  expect(posts.size).toBe(0);
  world.breakReading(true);
  expect(await world.handler(batch)).toEqual(failed);
  expect(posts.size).toBe(250);
  world.breakReading(false);
  expect(await world.handler(batch, lambda(10_000))).toEqual({ batchItemFailures: [] });
  expect(posts.size).toBe(300);
  expect([...posts.values()].every((count) => count === 1)).toBe(true);
});
