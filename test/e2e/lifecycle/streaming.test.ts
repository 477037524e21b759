import { initTRPC, TRPCError, tracked } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { z } from "zod";
import { clientVersions, record } from "../client.ts";
import { type Deferred, deferred } from "../deferred.ts";
import { failed, started, stopped, valuesOf } from "../wire/rawSocket.ts";
import { startWorld, type User } from "../wire/world.ts";

const subscriptions = initSubscriptions<User>();
const t = initTRPC.context<User>().create();

/** What the test sees of the running procedures. */
interface Runs {
  readonly begun: Deferred<AbortSignal>;
  readonly ended: Deferred<void>;
  /** Observables that are subscribed to. */
  readonly running: Set<object>;
}

function makeRouter({ begun, ended, running }: Runs) {
  return t.router({
    tokens: t.procedure.input(z.number()).subscription(async function* ({ input, ctx }) {
      for (let index = 0; index < input; index++) yield `${ctx.userId} ${index}`;
    }),
    numbered: t.procedure
      .input(z.object({ lastEventId: z.string().optional() }).optional())
      .subscription(async function* ({ input }) {
        const first = Number(input?.lastEventId ?? 0) + 1;
        for (let id = first; id < first + 2; id++) yield tracked(String(id), { id });
        if (first === 1) throw new TRPCError({ code: "TIMEOUT", message: "go on later" });
      }),
    endless: t.procedure.subscription(async function* ({ signal }) {
      begun.resolve(signal as AbortSignal);
      try {
        yield "first";
        await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
        yield "after the abort";
      } finally {
        ended.resolve();
      }
    }),
    deaf: t.procedure.subscription(async function* ({ signal }) {
      begun.resolve(signal as AbortSignal);
      yield "first";
      await new Promise(() => undefined);
    }),
    large: t.procedure.subscription(async function* () {
      try {
        yield "x".repeat(140_000);
      } finally {
        ended.resolve();
      }
    }),
    observed: t.procedure.input(z.enum(["complete", "fail", "stay"])).subscription(({ input }) =>
      observable<string>((emit) => {
        running.add(emit);
        emit.next("first");
        if (input === "complete") emit.complete();
        if (input === "fail") emit.error(new TRPCError({ code: "CONFLICT", message: "observed" }));
        return () => {
          running.delete(emit);
          ended.resolve();
        };
      }),
    ),
    onAny: t.procedure.subscription(subscriptions.resolver<string>()),
    nothing: t.procedure.subscription((() => "no iterable") as never),
  });
}

function streaming() {
  const runs: Runs = { begun: deferred<AbortSignal>(), ended: deferred(), running: new Set() };
  const router = makeRouter(runs);
  const chain = (store: Store) => subscriptions.router({ router }).store({ store });
  return { ...runs, router, chain };
}

it.each(clientVersions)(
  "C10, L8: a plain generator runs in its invocation, every value in order, then completes (client %s)",
  async (version) => {
    const { router, chain } = streaming();
    const { client, liveRows, gateway } = await startWorld(chain);
    const { client: caller } = client<typeof router>(version, { user: "alice" });
    const tokens = record<string>((on) => caller.tokens.subscribe(20, on));
    await tokens.started;
    await tokens.completed;
    expect(tokens.data).toEqual(Array.from({ length: 20 }, (_, index) => `alice ${index}`));
    expect(tokens.errors).toEqual([]);
    await gateway.settled();
    expect(await liveRows()).toEqual([]);
  },
);

it("C10: a plain procedure has no verbs to publish with, at run time too", async () => {
  const { chain } = streaming();
  const { publisher } = await startWorld(chain);
  const untyped = publisher.routes as unknown as typeof publisher.routes & {
    readonly tokens: typeof publisher.routes.onAny;
  };
  await expect(untyped.tokens.publish({ data: "x" })).rejects.toThrow("tokens");
});

it.each(clientVersions)(
  "a generator cut off by an error goes on after the last id in a new subscription (client %s)",
  async (version) => {
    const { router, chain } = streaming();
    const { client } = await startWorld(chain);
    const { client: caller } = client<typeof router>(version);
    const first = record<{ id: string }>((on) => caller.numbered.subscribe(undefined, on));
    expect(await first.failed()).toMatchObject({ data: { code: "TIMEOUT" } });
    const lastEventId = first.data.at(-1)?.id;
    expect(lastEventId).toBe("2");
    const second = record((on) => caller.numbered.subscribe({ lastEventId: "2" }, on));
    await second.completed;
    expect([...first.data, ...second.data]).toEqual(
      [1, 2, 3, 4].map((id) => ({ id: String(id), data: { id } })),
    );
  },
);

it("an error of a generator is the error frame, then `stopped`; its rows are gone", async () => {
  const { chain } = streaming();
  const { open, settle, errors, liveRows } = await startWorld(chain);
  const socket = await open();
  socket.subscribe(1, "numbered");
  await settle(socket);
  expect(socket.frames.map(({ result, error }) => result?.type ?? error?.data.code)).toEqual([
    "started",
    "data",
    "data",
    "TIMEOUT",
    "stopped",
  ]);
  expect(errors.map(({ error }) => error.message)).toEqual(["go on later"]);
  expect(await liveRows()).toEqual([]);
});

it("a value that cannot be delivered ends the generator with an error", async () => {
  const { chain, ended } = streaming();
  const { open, settle } = await startWorld(chain);
  const socket = await open();
  socket.subscribe(1, "large");
  expect((await socket.next(failed(1))).error?.data.code).toBe("PAYLOAD_TOO_LARGE");
  await socket.next(stopped(1));
  await ended.promise;
  await settle(socket);
});

it.each([
  ["the client stops", false],
  ["the client disconnects", true],
])("a generator ends when %s, which other invocations learn", async (_, disconnects) => {
  const { chain, begun, ended } = streaming();
  const { open, liveRows, disconnected, settle, errors } = await startWorld(chain);
  const socket = await open();
  socket.subscribe(1, "endless");
  const signal = await begun.promise;
  await socket.next(({ result }) => result?.data === "first");
  if (disconnects) await socket.close();
  else socket.unsubscribe(1);
  await ended.promise;
  expect(signal.aborted).toBe(true);
  if (disconnects) await disconnected();
  else await settle(socket);
  expect(valuesOf(socket, 1)).toEqual(["first"]);
  expect(socket.frames.filter(stopped(1))).toHaveLength(disconnects ? 0 : 1);
  expect(await liveRows()).toEqual([]);
  expect(errors).toEqual([]);
});

it.each(["endless", "deaf"])(
  "a generator (%s) that runs until the deadline is cut off with TIMEOUT, before Lambda is",
  async (path) => {
    const { chain, begun } = streaming();
    const { open, probe, settle, liveRows } = await startWorld(chain, {
      serve: { gateway: { lambdaTimeoutMs: 1_900 } },
    });
    const socket = await open();
    socket.subscribe(1, path);
    const { error } = await socket.next(failed(1));
    expect(error?.data.code).toBe("TIMEOUT");
    expect((await begun.promise).aborted).toBe(true);
    await settle(socket);
    const ends = probe.observations.filter(({ type }) => type === "invoked");
    expect(ends.map((end) => "outcome" in end && end.outcome)).toEqual(["returned", "returned"]);
    expect(socket.frames.filter(failed(1))).toHaveLength(1);
    expect(valuesOf(socket, 1)).toEqual(["first"]);
    expect(await liveRows()).toEqual([]);
  },
);

it("observables run in their invocation too: complete, fail, and stop by the client", async () => {
  for (const how of ["complete", "fail", "stay"] as const) {
    const { chain, ended } = streaming();
    const { open, settle, liveRows } = await startWorld(chain);
    const socket = await open();
    socket.subscribe(1, "observed", how);
    await socket.next(({ result }) => result?.data === "first");
    if (how === "stay") socket.unsubscribe(1);
    await ended.promise;
    await settle(socket);
    expect(socket.frames.filter(stopped(1))).toHaveLength(1);
    expect(socket.frames.filter(failed(1))).toHaveLength(how === "fail" ? 1 : 0);
    expect(await liveRows()).toEqual([]);
  }
});

it.each([
  ["is refused", false],
  ["has nobody to tell of its start", true],
])("an observable whose subscription %s is not left running", async (_, gone) => {
  const { chain, running } = streaming();
  const onPost = (__: string, body: string): { statusCode: number } | undefined =>
    gone && body.includes("started") ? { statusCode: 410 } : undefined;
  const { open, settle, probe } = await startWorld(chain, { serve: { gateway: { onPost } } });
  const socket = await open();
  if (!gone) {
    socket.subscribe(1, "onAny");
    await socket.next(started(1));
  }
  socket.subscribe(1, "observed", "stay");
  await settle(socket);
  expect(running.size).toBe(0);
  const last = probe.observations.findLast(({ type }) => type === "management");
  expect(JSON.stringify(last)).toContain(gone ? "started" : "Duplicate id 1");
});

it("C10: a procedure that returns no events gets an error that names it", async () => {
  const { chain } = streaming();
  const { open, liveRows } = await startWorld(chain);
  const socket = await open();
  socket.subscribe(1, "nothing");
  expect((await socket.next(failed(1))).error?.message).toContain("nothing");
  expect(await liveRows()).toEqual([]);
});
