import { initTRPC } from "@trpc/server";
import { initSubscriptions, type OnStopOptions, type Store } from "trpc-aws-subscriptions";
import { expect, it, vi } from "vitest";
import { z } from "zod";
import type { Call, Fault } from "../../contract/observe.ts";
import { deferred } from "../deferred.ts";
import { onRoute } from "../wire/gatewayProbe.ts";
import { notes } from "../wire/notes.ts";
import { started, stopped } from "../wire/rawSocket.ts";
import { startWorld, type User } from "../wire/world.ts";

type Stopped = OnStopOptions<{ topic: string }, { userId: string }>;
type OnStop = (options: Stopped) => Promise<void>;

const subscriptions = initSubscriptions<User>();
const t = initTRPC.context<User & { readonly token: string }>().create();

/** A route whose `onStop` is the test's own. */
function stoppedBy(onStop: OnStop) {
  const router = t.router({
    onNote: t.procedure.input(z.object({ topic: z.string() })).subscription(
      subscriptions.resolver<string, { input: { topic: string }; ctx: User }, "userId">({
        ctx: { userId: true },
        onStop,
      }),
    ),
  });
  return (store: Store) => subscriptions.router({ router }).store({ store });
}

const withToken = {
  handler: {
    createContext: ({ connection }: { connection: { session: User } }) => ({
      ...connection.session,
      token: "canary",
    }),
  },
};

it("onStop runs once after a stop, with the input and the named ctx, before the handler returns", async () => {
  const seen: Stopped[] = [];
  const hook = deferred();
  const chain = stoppedBy(async (options) => {
    await hook.promise;
    seen.push(options);
  });
  const { open, probe, liveRows, table } = await startWorld(chain, { serve: withToken });
  const socket = await open("alice");
  socket.subscribe(1, "onNote", { topic: "a" });
  await socket.next(started(1));
  expect(JSON.stringify(await table.rows())).not.toContain("canary");
  socket.unsubscribe(1);
  await socket.next(stopped(1));
  expect(await liveRows(), "the rows go first").toEqual([]);
  const ended = (): number => probe.observations.filter(({ type }) => type === "invoked").length;
  const before = ended();
  hook.resolve();
  await probe.until("invoked", () => true, before + 1);
  expect(seen, "L11: the hook had ended by then").toEqual([
    {
      input: { topic: "a" },
      ctx: { userId: "alice" },
      path: "onNote",
      connectionId: expect.any(String),
    },
  ]);
});

it("onStop runs for each subscription of a connection that is closed, and L11 before $disconnect returns", async () => {
  const seen: string[] = [];
  const chain = stoppedBy(async ({ input }) => {
    await new Promise(setImmediate);
    seen.push(input.topic);
  });
  const { open, disconnected, publisher } = await startWorld(chain, { serve: withToken });
  const socket = await open();
  for (const [id, topic] of ["a", "b", "c"].entries()) socket.subscribe(id, "onNote", { topic });
  await Promise.all([0, 1, 2].map((id) => socket.next(started(id))));
  socket.unsubscribe(0);
  await socket.next(stopped(0));
  expect(await publisher.routes.onNote.complete()).toMatchObject({ matched: 2 });
  expect(seen.sort(), "by stop, and by complete()").toEqual(["a", "b", "c"]);
  socket.subscribe(3, "onNote", { topic: "d" });
  await socket.next(started(3));
  await socket.close();
  await disconnected();
  expect(seen.sort()).toEqual(["a", "b", "c", "d"]);
});

it("onStop runs when a publish finds the connection gone, or revokes it", async () => {
  const seen: string[] = [];
  const chain = stoppedBy(async ({ input }) => {
    seen.push(input.topic);
  });
  const { open, publisher, liveRows, probe } = await startWorld(chain, {
    serve: { ...withToken, gateway: { dropDisconnect: () => true } },
  });
  const [lost, revoked] = [await open(), await open()];
  lost.subscribe(1, "onNote", { topic: "lost" });
  await lost.next(started(1));
  await lost.close();
  await probe.until("disconnectDropped");
  expect(await publisher.routes.onNote.publish({ data: "x" })).toMatchObject({ gone: 1 });
  expect(seen).toEqual(["lost"]);
  revoked.subscribe(1, "onNote", { topic: "revoked" });
  await revoked.next(started(1));
  await publisher.disconnect(
    probe.events.filter(onRoute("CONNECT"))[1]?.requestContext.connectionId ?? "",
  );
  await revoked.closed;
  expect(seen).toEqual(["lost", "revoked"]);
  expect(await liveRows()).toEqual([]);
});

it("R12: an onStop that throws is reported and keeps no row alive, on stop and on $disconnect", async () => {
  const onStop = vi.fn(async ({ input }: Stopped) => {
    throw new Error(`cannot leave ${input.topic}`);
  });
  const { open, disconnected, liveRows, errors, settle } = await startWorld(stoppedBy(onStop), {
    serve: withToken,
  });
  const socket = await open();
  for (const id of [1, 2, 3]) socket.subscribe(id, "onNote", { topic: `${id}` });
  await settle(socket);
  socket.unsubscribe(1);
  await socket.next(stopped(1));
  await socket.close();
  await disconnected();
  expect(await liveRows()).toEqual([]);
  expect(onStop).toHaveBeenCalledTimes(3);
  const told = errors.map(({ route, error }) => `${route}: ${error.message}`).sort();
  expect(told).toEqual([
    "$default: cannot leave 1",
    "$disconnect: cannot leave 2",
    "$disconnect: cannot leave 3",
  ]);
});

it("onStop runs at least once when $disconnect is invoked twice", async () => {
  const onStop = vi.fn(async () => undefined);
  const { open, disconnected, handlers, probe, errors } = await startWorld(stoppedBy(onStop), {
    serve: withToken,
  });
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await socket.next(started(1));
  await socket.close();
  await disconnected();
  expect(onStop).toHaveBeenCalledOnce();
  const event = probe.events.find(onRoute("DISCONNECT"));
  expect(await handlers.disconnect(event as never)).toEqual({ statusCode: 200 });
  expect(errors).toEqual([]);
});

it("C23: a delete that fails in $disconnect is reported before the handler returns; a second one cleans up", async () => {
  const refuse = Object.assign(new Error("table on fire"), { name: "InternalServerError" });
  let fail = true;
  const plan = ({ command }: Call): Fault | undefined =>
    fail && command === "BatchWriteItemCommand" ? { refuse } : undefined;
  const { open, disconnected, errors, probe, handlers, liveRows } = await startWorld(notes, {
    plan,
  });
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "a" });
  await socket.next(started(1));
  await socket.close();
  await disconnected();
  expect(errors.map(({ route, error }) => [route, error.message])).toEqual([
    ["$disconnect", "table on fire"],
  ]);
  expect(await liveRows()).not.toEqual([]);
  fail = false;
  const event = probe.events.find(onRoute("DISCONNECT"));
  expect(await handlers.disconnect(event as never)).toEqual({ statusCode: 200 });
  expect(await liveRows()).toEqual([]);
});
