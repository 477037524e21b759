import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { z } from "zod";
import type { Call, Fault } from "../../contract/observe.ts";
import { clientVersions } from "../client.ts";
import { deferred } from "../deferred.ts";
import { type NotesRouter, notes } from "./notes.ts";
import { failed, type RawSocket, started, valuesOf } from "./rawSocket.ts";
import { startWorld } from "./world.ts";

const subscription = (id: number, path: string, input?: object): object => ({
  id,
  method: "subscription",
  params: { path, input },
});
const numbers = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => i + 1);
const transactions = (calls: readonly Call[]): readonly Call[] =>
  calls.filter(({ command }) => command === "TransactWriteItemsCommand");
const startedIds = (socket: RawSocket): readonly unknown[] =>
  socket.frames.filter(({ result }) => result?.type === "started").map(({ id }) => id);

interface Meter {
  most: number;
  plan(call: Call): Fault | undefined;
}

/** Notes how many transactions are under way at once: two would conflict on the connection's row. */
function concurrencyMeter(wait: () => Promise<void> = async () => undefined): Meter {
  let underWay = 0;
  const meter: Meter = {
    most: 0,
    plan({ command }: Call): Fault | undefined {
      if (command !== "TransactWriteItemsCommand") return undefined;
      return {
        before: async () => {
          meter.most = Math.max(meter.most, ++underWay);
          await wait();
        },
        edit: (output) => {
          underWay--;
          return output;
        },
      };
    },
  };
  return meter;
}

it("T7: an array of subscriptions that fits one transaction is one transaction", async () => {
  const { open, settle, calls, publisher } = await startWorld(notes);
  const socket = await open();
  // A subscription, a broadcast row and two filters: 24 x 4 + 1 are in the limit of 100.
  socket.send(numbers(24).map((id) => subscription(id, "onNote", { topic: `t${id}` })));
  await settle(socket);
  expect(startedIds(socket)).toHaveLength(24);
  expect(transactions(calls)).toHaveLength(1);
  expect(await publisher.routes.onNote.count()).toBe(24);
});

it("T7: an array of 100 subscriptions in one frame: all are stored, by few transactions, one at a time", async () => {
  const meter = concurrencyMeter();
  const { open, settle, calls, publisher, errors } = await startWorld(notes, { plan: meter.plan });
  const socket = await open();
  socket.send(numbers(100).map((id) => subscription(id, "onNote", { topic: `t${id}` })));
  await settle(socket);
  expect(new Set(startedIds(socket))).toEqual(new Set(numbers(100)));
  expect(transactions(calls)).toHaveLength(Math.ceil(100 / 24));
  expect(meter.most).toBe(1);
  expect(errors).toEqual([]);
  const report = await publisher.routes.onNote.publish({ data: "all" });
  expect(report).toMatchObject({ matched: 100, delivered: 100 });
  await settle(socket);
  for (const id of numbers(100)) expect(valuesOf(socket, id)).toEqual(["all"]);
});

it("T7, R8: what fails in an array fails alone, with its id", async () => {
  const { open, settle, publisher } = await startWorld(notes);
  const socket = await open("mallory");
  socket.subscribe(1, "onNote", { topic: "first" });
  await socket.next(started(1));
  socket.send([
    subscription(1, "onNote", { topic: "again" }),
    subscription(2, "onAny"),
    subscription(3, "onNote", { topic: 3 }),
    subscription(4, "nowhere"),
    subscription(5, "onMember"),
    subscription(6, "onBroken"),
    7,
    subscription(8, "onNote", { topic: "ok" }),
    { id: 9, method: "query", params: { path: "echo", input: "x" } },
    subscription(10, "onNote", { topic: "ok" }),
    subscription(10, "onNote", { topic: "ok" }),
  ]);
  await settle(socket);
  const codes = socket.frames.flatMap(({ id, error }) =>
    error === undefined ? [] : [`${id} ${error.data.code}`],
  );
  expect(codes.sort()).toEqual([
    "1 BAD_REQUEST",
    "10 BAD_REQUEST",
    "3 BAD_REQUEST",
    "4 NOT_FOUND",
    "5 FORBIDDEN",
    "6 INTERNAL_SERVER_ERROR",
    "null PARSE_ERROR",
  ]);
  expect(new Set(startedIds(socket))).toEqual(new Set([1, 2, 8, 10]));
  expect(valuesOf(socket, 9)).toEqual(["echo x"]);
  expect(socket.isOpen).toBe(true);
  await publisher.routes.onNote.publish({ data: "note" });
  await publisher.routes.onAny.publish({ data: "any" });
  await settle(socket);
  expect([1, 2, 8, 10].map((id) => valuesOf(socket, id))).toEqual([
    ["note"],
    ["any"],
    ["note"],
    ["note"],
  ]);
});

it("R8: an array of which one subscription is over the cap stores the rest", async () => {
  const { open, settle, publisher } = await startWorld(notes, {
    store: { maxSubscriptionsPerConnection: 3 },
  });
  const socket = await open();
  socket.send(numbers(5).map((id) => subscription(id, "onAny")));
  await settle(socket);
  expect(startedIds(socket)).toHaveLength(3);
  const refused = socket.frames.filter(({ error }) => error?.data.code === "TOO_MANY_REQUESTS");
  expect(refused).toHaveLength(2);
  expect(await publisher.routes.onAny.count()).toBe(3);
});

it("T7: messages beyond maxBatchSize are refused one by one", async () => {
  const { open, settle, publisher } = await startWorld(notes, {
    serve: { handler: { maxBatchSize: 2 } },
  });
  const socket = await open();
  socket.send(numbers(4).map((id) => subscription(id, "onAny")));
  await settle(socket);
  expect(new Set(startedIds(socket))).toEqual(new Set([1, 2]));
  for (const id of [3, 4]) {
    expect((await socket.next(failed(id))).error?.data.code).toBe("BAD_REQUEST");
  }
  expect(await publisher.routes.onAny.count()).toBe(2);
});

/** A route whose subscribers to the topic `slow` wait for a promise. */
function slowTopics(released: Promise<void>) {
  const subscriptions = initSubscriptions();
  const t = initTRPC.create();
  const onTopic = t.procedure
    .input(z.object({ topic: z.string() }))
    .use(async ({ getRawInput, next }) => {
      if (JSON.stringify(await getRawInput()).includes("slow")) await released;
      return next();
    });
  const router = t.router({ onTopic: onTopic.subscription(subscriptions.resolver<string>()) });
  return (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.onTopic.filter({ name: "topic", input: { topic: true } });
}

it("T7, R8: a slow procedure of an array holds nobody back, and its id is taken by then", async () => {
  const released = deferred();
  const { open, settle, publisher } = await startWorld(slowTopics(released.promise));
  const socket = await open();
  socket.send([
    subscription(1, "onTopic", { topic: "slow" }),
    subscription(2, "onTopic", { topic: "fast" }),
    subscription(3, "onTopic", { topic: "slow" }),
    subscription(3, "onTopic", { topic: "fast" }),
  ]);
  await Promise.all([socket.next(started(2)), socket.next(started(3))]);
  expect(socket.frames.some(started(1))).toBe(false);
  released.resolve();
  await settle(socket);
  expect([...startedIds(socket)].sort()).toEqual([1, 2, 3]);
  expect((await socket.next(failed(3))).error?.data.code).toBe("BAD_REQUEST");
  const filter = { name: "topic", input: { topic: "slow" } } as const;
  expect(await publisher.routes.onTopic.count(filter)).toBe(1);
});

it("T7: who is ready while a transaction of the frame is under way waits for it", async () => {
  const released = deferred();
  const meter = concurrencyMeter(async () => {
    released.resolve();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  });
  const chain = slowTopics(released.promise);
  const { open, settle, calls } = await startWorld(chain, { plan: meter.plan });
  const socket = await open();
  socket.send(["fast", "slow", "slow"].map((topic, id) => subscription(id, "onTopic", { topic })));
  await settle(socket);
  expect([...startedIds(socket)].sort()).toEqual([0, 1, 2]);
  expect(transactions(calls)).toHaveLength(2);
  expect(meter.most).toBe(1);
});

it.each(clientVersions)("T14: subscribing without callbacks works (client %s)", async (version) => {
  const { client, probe, publisher, disconnected, liveRows } = await startWorld(notes);
  const { client: caller, close } = client<NotesRouter>(version);
  caller.onAny.subscribe(undefined, {});
  await probe.until("management", ({ body }) => body?.includes('"started"') === true);
  expect(await publisher.routes.onAny.publish({ data: "x" })).toMatchObject({ delivered: 1 });
  await close();
  await disconnected();
  expect(await liveRows()).toEqual([]);
});
