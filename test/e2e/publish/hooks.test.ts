import { initTRPC } from "@trpc/server";
import {
  BuilderError,
  initSubscriptions,
  type PublisherErrorHandler,
  type Store,
} from "trpc-aws-subscriptions";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ClientVersion, clientVersions, record } from "../client.ts";
import { startWorld } from "./world.ts";

interface Ctx {
  readonly userId: string;
}

const subscriptions = initSubscriptions<Ctx>();
const t = initTRPC.context<Ctx>().create();
/** What the hooks need of their procedure. */
interface Needs {
  readonly input: { readonly room: string };
  readonly ctx: Ctx;
}

/** Lets other work of the process go first, several times. */
async function yieldTurns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A world of its own for each test: hooks publish, and tell what they did. */
async function start() {
  const did: string[] = [];
  const later: { publish?: (room: string) => Promise<unknown> } = {};
  const inRoom = t.procedure.input(z.object({ room: z.string() }));
  const router = t.router({
    onMessage: inRoom.subscription(
      subscriptions.resolver<string, Needs>({
        async onStart({ input }) {
          await yieldTurns();
          await later.publish?.(input.room);
          did.push("start");
        },
        async onStop({ input }) {
          await yieldTurns();
          did.push(`stop ${input.room}`);
        },
      }),
    ),
    onSnapshot: inRoom.subscription(
      subscriptions.resolver<string, Needs>({
        async *onStart({ input, ctx }) {
          yield `1 ${input.room}`;
          await yieldTurns();
          yield `2 ${ctx.userId}`;
        },
      }),
    ),
    onPersonal: inRoom.subscription(
      subscriptions.resolver<string, Needs, "userId">({
        ctx: { userId: true },
        async onData({ data, input, ctx, drop }) {
          if (input.room === "throws") throw new Error(`not for ${ctx.userId}`);
          if (input.room === "hangs") await new Promise(() => undefined);
          if (input.room === "drops") return drop;
          if (input.room === "long") return "x".repeat(200_000);
          return `${data} ${ctx.userId} ${input.room}`;
        },
      }),
    ),
    onTicks: t.procedure.subscription(async function* () {
      yield "tick 1";
      await yieldTurns();
      yield "tick 2";
    }),
  });
  const buildChain = (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.onMessage.filter({ name: "byRoom", input: { room: true } })
      .routes.onPersonal.filter({ name: "byUser", ctx: { userId: true } });
  const failures: Parameters<PublisherErrorHandler>[0][] = [];
  const onError: PublisherErrorHandler = (failure) => void failures.push(failure);
  const world = await startWorld(buildChain, { publisher: { postTimeoutMs: 200, onError } });
  const { onMessage } = world.publisher.routes;
  later.publish = (room) =>
    onMessage.publish({ data: `hello ${room}`, filter: { name: "byRoom", input: { room } } });
  return { ...world, failures, did, router, buildChain };
}

describe.each(clientVersions)("onStart and onStop, client %s", (version) => {
  it("R9: a publish inside onStart reaches the subscriber that is starting", async () => {
    const { join, publisher } = await start();
    const { client } = join({ userId: "u" }, version);
    const first = record<string>((on) => client.onMessage.subscribe({ room: "red" }, on));
    expect(await first.received(1)).toEqual(["hello red"]);
    const second = record<string>((on) => client.onMessage.subscribe({ room: "blue" }, on));
    expect(await second.received(1)).toEqual(["hello blue"]);
    await publisher.routes.onMessage.publish({ data: "end" });
    expect(await first.received(2)).toEqual(["hello red", "end"]);
  });

  it("R9: a publish right after `started` reaches everybody who has it", async () => {
    const { join, publisher } = await start();
    for (let round = 0; round < 5; round++) {
      const { client } = join({ userId: "u" }, version);
      const subscriber = record<string>((on) => client.onSnapshot.subscribe({ room: "r" }, on));
      const published = subscriber.started.then(() =>
        publisher.routes.onSnapshot.publish({ data: "now" }),
      );
      expect(await published).toMatchObject({ matched: round + 1, delivered: round + 1 });
      expect((await subscriber.received(3)).at(-1)).toBe("now");
    }
  });

  it("L8: every value that onStart yields is sent, to the new subscriber alone", async () => {
    const { join, publisher } = await start();
    const subscribe = (userId: string, room: string) => {
      const { client } = join({ userId }, version);
      return record<string>((on) => client.onSnapshot.subscribe({ room }, on));
    };
    const first = subscribe("u1", "red");
    await first.started;
    const second = subscribe("u2", "blue");
    await second.started;
    await publisher.routes.onSnapshot.publish({ data: "end" });
    await Promise.all([first.received(3), second.received(3)]);
    expect(first.data).toEqual(["1 red", "2 u1", "end"]);
    expect(second.data).toEqual(["1 blue", "2 u2", "end"]);
  });

  it("L11: hooks have ended when the handler returns", async () => {
    const { join, did, seen, gateway, lock } = await start();
    const { client, connectionId } = join({ userId: "u" }, version);
    const doneBy = new Map<string, string>();
    const disconnected = seen((event) => {
      // The client tries to come back.
      if (event.type !== "invoked" || event.route === "$connect") return false;
      if (!doneBy.has(event.requestId)) doneBy.set(event.requestId, did.toSorted().join(", "));
      return event.route === "$disconnect";
    });
    for (const room of ["a", "b"]) {
      await record<string>((on) => client.onMessage.subscribe({ room }, on)).started;
    }
    lock();
    await gateway.close(await connectionId);
    await disconnected;
    const ends = ["start", "start, start", "start, start, stop a, stop b"];
    expect([...doneBy.values()]).toEqual(ends);
  });
});

describe.each(clientVersions)("onData, client %s", (version) => {
  async function room(version: ClientVersion, rooms: readonly string[]) {
    const world = await start();
    const recordings = rooms.map((name, index) => {
      const { client } = world.join({ userId: `u${index}` }, version);
      return record<string>((on) => client.onPersonal.subscribe({ room: name }, on));
    });
    await Promise.all(recordings.map(({ started }) => started));
    return { ...world, recordings, publish: world.publisher.routes.onPersonal.publish };
  }

  it("C9: one that throws, one that hangs, one too long: the others get theirs", async () => {
    const rooms = ["a", "throws", "b", "hangs", "c", "long", "d", "drops", "e"];
    const { recordings, failures, posts, publish } = await room(version, rooms);
    const report = await publish({ data: "hi" });
    expect(report).toEqual({ matched: 9, delivered: 5, gone: 0, failed: 3, complete: true });
    for (const [index, one] of recordings.entries()) {
      if ((rooms[index]?.length ?? 0) > 1) continue;
      expect(await one.received(1)).toEqual([`hi u${index} ${rooms[index]}`]);
    }
    expect(posts.length).toBe(5);
    expect(failures.map(({ error }) => error.message).toSorted()).toEqual([
      'no answer from onData of "onPersonal" within 200 ms',
      "not for u1",
      expect.stringContaining('publish to "onPersonal": the frame has'),
    ]);
    expect(recordings.map(({ data }) => data.length)).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1]);
  });

  it("runs for whom a publish addresses, and for nobody else", async () => {
    const { recordings, failures, publish } = await room(version, ["throws", "a"]);
    const filter = { name: "byUser", ctx: { userId: "u1" } } as const;
    expect(await publish({ data: "hi", filter })).toMatchObject({ matched: 1, failed: 0 });
    expect(await recordings[1]?.received(1)).toEqual(["hi u1 a"]);
    expect(failures).toEqual([]);
  });
});

describe.each(clientVersions)("C10: a plain generator, client %s", (version) => {
  it("works by itself", async () => {
    const { join, table } = await start();
    const { client } = join({ userId: "u" }, version);
    const ticks = record<string>((on) => client.onTicks.subscribe(undefined, on));
    await ticks.completed;
    expect(ticks.data).toEqual(["tick 1", "tick 2"]);
    expect(await table.routeRows()).toEqual([]);
  });
});

it("C10: a plain generator is not offered in routes", async () => {
  const { publisher, buildChain, store, calls } = await start();
  const before = calls.length;
  const routes = publisher.routes as unknown as {
    readonly onTicks: typeof publisher.routes.onMessage;
  };
  await expect(routes.onTicks.publish({ data: "hi" })).rejects.toThrow(BuilderError);
  await expect(routes.onTicks.count()).rejects.toThrow('no subscription "onTicks"');
  const chain = buildChain(store).routes as unknown as {
    readonly onTicks: { filter(filter: object): unknown };
  };
  expect(() => chain.onTicks.filter({ name: "n" })).toThrow(BuilderError);
  expect(calls.length).toBe(before);
});
