import { initTRPC, TRPCError, type TrackedEnvelope, tracked } from "@trpc/server";
import { initSubscriptions, type OnStartOptions, type Store } from "trpc-aws-subscriptions";
import { expect, it, vi } from "vitest";
import { z } from "zod";
import { clientVersions, record } from "../client.ts";
import { deferred } from "../deferred.ts";
import { failed, started, valuesOf } from "../wire/rawSocket.ts";
import { startWorld, type User, type World } from "../wire/world.ts";

const subscriptions = initSubscriptions<User>();
const t = initTRPC.context<User>().create();

type Start = (
  options: OnStartOptions<{ topic: string }, User>,
) => Promise<void> | AsyncIterable<string>;

/** A route whose `onStart` is the test's own; `onStop` is counted. */
function startedBy(onStart: Start) {
  const onStop = vi.fn(async () => undefined);
  const router = t.router({
    onNote: t.procedure.input(z.object({ topic: z.string() })).subscription(
      subscriptions.resolver<string, { input: { topic: string }; ctx: User }>({
        onStart,
        onStop,
      }),
    ),
  });
  const chain = (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.onNote.filter({ name: "topic", input: { topic: true } });
  return { router, chain, onStop };
}

type NotesWorld = World<ReturnType<ReturnType<ReturnType<typeof startedBy>["chain"]>["publisher"]>>;

it.each(clientVersions)(
  "onStart: a generator's values come to this subscriber alone, before live ones (client %s)",
  async (version) => {
    const seen: object[] = [];
    const { router, chain } = startedBy(async function* ({
      input,
      ctx,
      path,
      connectionId,
      signal,
    }) {
      seen.push({ input, ctx, path, connectionId: typeof connectionId, aborted: signal.aborted });
      yield `${ctx.userId} 1`;
      yield `${ctx.userId} 2`;
    });
    const { client, publisher } = await startWorld(chain);
    const [alice, bob] = ["alice", "bob"].map((user) => {
      const { client: caller } = client<typeof router>(version, { user });
      return record<string>((on) => caller.onNote.subscribe({ topic: "a" }, on));
    });
    await Promise.all([alice?.started, bob?.started]);
    await publisher.routes.onNote.publish({ data: "live" });
    expect(await alice?.received(3)).toEqual(["alice 1", "alice 2", "live"]);
    expect(await bob?.received(3)).toEqual(["bob 1", "bob 2", "live"]);
    const each = { input: { topic: "a" }, path: "onNote", connectionId: "string", aborted: false };
    expect(seen).toHaveLength(2);
    expect(seen).toContainEqual({ ...each, ctx: { userId: "alice" } });
    expect(seen).toContainEqual({ ...each, ctx: { userId: "bob" } });
  },
);

it("onStart: a promise is awaited before `started`", async () => {
  const [entered, ready] = [deferred(), deferred()];
  const { chain } = startedBy(async () => {
    entered.resolve();
    await ready.promise;
  });
  const { open, settle } = await startWorld(chain);
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await entered.promise;
  await socket.sync();
  expect(socket.frames).toEqual([]);
  ready.resolve();
  await socket.next(started(1));
  await settle(socket);
});

it("R9: what onStart publishes reaches the new subscriber", async () => {
  const world = deferred<NotesWorld>();
  const { chain } = startedBy(async ({ input }) => {
    const { publisher } = await world.promise;
    const filter = { name: "topic", input } as const;
    const report = await publisher.routes.onNote.publish({ data: `joined ${input.topic}`, filter });
    expect(report).toMatchObject({ matched: 1, delivered: 1 });
  });
  const started_ = await startWorld(chain);
  world.resolve(started_);
  const socket = await started_.open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await socket.next(started(1));
  expect(valuesOf(socket, 1)).toEqual(["joined a"]);
  expect(started_.errors).toEqual([]);
});

const refusal = new TRPCError({ code: "FORBIDDEN", message: "room is full" });
const refusing: readonly (readonly [string, Start])[] = [
  ["a rejection", () => Promise.reject(refusal)],
  [
    "a throw before there is a promise",
    () => {
      throw refusal;
    },
  ],
  [
    "a generator that throws after a value",
    async function* () {
      yield "welcome";
      throw refusal;
    },
  ],
];

it.each(refusing)(
  "onStart: %s ends the subscription with the error and leaves no row",
  async (_, onStart) => {
    const { chain, onStop } = startedBy(onStart);
    const { open, settle, publisher, liveRows } = await startWorld(chain);
    const socket = await open();
    socket.subscribe(1, "onNote", { topic: "a" });
    const { error } = await socket.next(failed(1));
    expect(error).toMatchObject({ message: "room is full", data: { code: "FORBIDDEN" } });
    await settle(socket);
    expect(await liveRows()).toEqual([]);
    expect(await publisher.routes.onNote.count()).toBe(0);
    expect(socket.frames.some(started(1))).toBe(false);
    expect(onStop, "what onStart began can be undone").toHaveBeenCalledOnce();
  },
);

it("onStart: a value that cannot be delivered ends the subscription with an error", async () => {
  const { chain } = startedBy(async function* () {
    yield "x".repeat(140_000);
  });
  const { open, liveRows } = await startWorld(chain);
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  expect((await socket.next(failed(1))).error?.data.code).toBe("PAYLOAD_TOO_LARGE");
  expect(await liveRows()).toEqual([]);
});

it("onStart: a generator is ended, and no more is posted, once the client is gone", async () => {
  const ended = deferred();
  const { chain, onStop } = startedBy(async function* () {
    try {
      for (let index = 0; index < 1_000; index++) yield `${index}`;
    } finally {
      ended.resolve();
    }
  });
  const { open, probe, disconnected, liveRows } = await startWorld(chain, {
    serve: {
      gateway: {
        onPost: (_, body) => (body.includes('"data":"3"') ? { statusCode: 410 } : undefined),
      },
    },
  });
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await ended.promise;
  await socket.close();
  await disconnected();
  const posts = probe.observations.filter(({ type }) => type === "management");
  expect(posts).toHaveLength(4);
  expect(await liveRows()).toEqual([]);
  expect(onStop.mock.calls.length).toBeLessThanOrEqual(2);
});

it("onStart: one that hangs is aborted before the deadline; the client gets TIMEOUT, the table no row", async () => {
  const aborted = deferred();
  const { chain } = startedBy(async ({ signal }) => {
    signal.addEventListener("abort", () => aborted.resolve());
    await new Promise(() => undefined);
  });
  const { open, liveRows, probe } = await startWorld(chain, {
    serve: { gateway: { lambdaTimeoutMs: 1_800 } },
  });
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  expect((await socket.next(failed(1))).error?.data.code).toBe("TIMEOUT");
  await aborted.promise;
  await probe.until("invoked", ({ route }) => route === "$default");
  expect(probe.observations.some(({ type }) => type === "errorFrame")).toBe(false);
  expect(await liveRows()).toEqual([]);
});

it.each(clientVersions)(
  "T5: tracked values of onStart and of publish carry their ids, and a reconnect resumes after the last (client %s)",
  async (version) => {
    const seen: unknown[] = [];
    const input = z.object({ lastEventId: z.string().nullish() }).optional();
    const router = t.router({
      onNote: t.procedure.input(input).subscription(
        subscriptions.resolver<TrackedEnvelope<string>, { input: z.infer<typeof input> }>({
          async *onStart(options) {
            const after = Number(options.input?.lastEventId ?? 0);
            seen.push(after);
            yield tracked(String(after + 1), `missed ${after + 1}`);
          },
        }),
      ),
    });
    const chain = (store: Store) => subscriptions.router({ router }).store({ store });
    const { client, publisher, gateway } = await startWorld(chain);
    const { client: caller } = client<typeof router>(version);
    const notes = record<{ id: string; data: string }>((on) =>
      caller.onNote.subscribe(undefined, on),
    );
    await notes.started;
    await publisher.routes.onNote.publish({ data: tracked("7", "live") });
    await notes.received(2);
    await gateway.dropConnection(gateway.connectionIds()[0] ?? "");
    expect(await notes.received(3)).toEqual([
      { id: "1", data: "missed 1" },
      { id: "7", data: "live" },
      { id: "8", data: "missed 8" },
    ]);
    expect(seen).toEqual([0, 7]);
  },
);
