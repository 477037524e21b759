import type { GatewayOptions, PostFault } from "trpc-aws-subscriptions/local";
import { expect, it } from "vitest";
import { clientVersions, record } from "../client.ts";
import { type NotesRouter, notes } from "../wire/notes.ts";
import { failed, type ServerFrame, started, stopped, valuesOf } from "../wire/rawSocket.ts";
import { startWorld } from "../wire/world.ts";

type OnPost = NonNullable<GatewayOptions["onPost"]>;

/** Answers the posts of `started` with a fault, the first `times` of them. */
function faultyStarted(
  fault: PostFault,
  times = Number.POSITIVE_INFINITY,
): OnPost & { posts: number } {
  const onPost = (_: string, body: string): PostFault | undefined => {
    if (!body.includes('"started"')) return undefined;
    answered.posts++;
    return answered.posts <= times ? fault : undefined;
  };
  const answered: OnPost & { posts: number } = Object.assign(onPost, { posts: 0 });
  return answered;
}

it.each([500, 429])(
  "C26: a post of `started` answered %d is tried again until it is delivered",
  async (statusCode) => {
    const onPost = faultyStarted({ statusCode }, 2);
    const { open, publisher, errors } = await startWorld(notes, { serve: { gateway: { onPost } } });
    const socket = await open();
    socket.subscribe(1, "onAny");
    await socket.next(started(1));
    expect(onPost.posts).toBe(3);
    expect(await publisher.routes.onAny.publish({ data: "x" })).toMatchObject({ delivered: 1 });
    expect(errors).toEqual([]);
  },
);

it("C26: a post of `started` that never succeeds is reported; the subscription and its rows live on", async () => {
  for (const statusCode of [500, 403]) {
    const onPost = faultyStarted({ statusCode });
    const { open, settle, publisher, errors, liveRows, probe } = await startWorld(notes, {
      serve: { gateway: { onPost } },
    });
    const socket = await open();
    socket.subscribe(1, "onAny");
    await settle(socket);
    expect(onPost.posts, "403 is not worth another try").toBe(statusCode === 403 ? 1 : 5);
    expect(errors.map(({ route, error }) => [route, error.cause])).toEqual([
      ["$default", expect.objectContaining({ code: "TRANSPORT" })],
    ]);
    expect(probe.observations.some(({ type }) => type === "errorFrame")).toBe(false);
    expect(await liveRows()).not.toEqual([]);
    await publisher.routes.onAny.publish({ data: "x" });
    await settle(socket);
    expect(valuesOf(socket, 1), "a client takes data before `started`").toEqual(["x"]);
  }
});

it("C26: a post of `started` answered 410 removes all rows of the connection, and is no error", async () => {
  const onPost = faultyStarted({ statusCode: 410 }, 1);
  const { open, settle, publisher, errors, liveRows } = await startWorld(notes, {
    serve: { gateway: { onPost } },
  });
  const [socket, other] = [await open(), await open()];
  socket.subscribe(1, "onAny");
  await settle(socket);
  expect(await liveRows()).toEqual([]);
  expect(errors).toEqual([]);
  other.subscribe(1, "onAny");
  await other.next(started(1));
  expect(await publisher.routes.onAny.publish({ data: "x" })).toMatchObject({
    matched: 1,
    delivered: 1,
    gone: 0,
  });
  socket.subscribe(2, "onAny");
  expect((await socket.next(failed(2))).error?.data.code, "it is closed for good").toBe(
    "UNAUTHORIZED",
  );
});

it("C26: a `started` whose answer was lost is sent again, which a client does not mind", async () => {
  for (const version of clientVersions) {
    const onPost = faultyStarted({ statusCode: 500, delivered: true }, 1);
    const { client, publisher } = await startWorld(notes, { serve: { gateway: { onPost } } });
    const notesOf = record<string>((on) =>
      client<NotesRouter>(version).client.onAny.subscribe(undefined, on),
    );
    await notesOf.started;
    await publisher.routes.onAny.publish({ data: "x" });
    expect(await notesOf.received(1)).toEqual(["x"]);
    expect(notesOf.errors).toEqual([]);
  }
});

it.each(clientVersions)(
  "T2: what is published between the rows and `started` is delivered (client %s)",
  async (version) => {
    const { client, publisher, probe } = await startWorld(notes, {
      serve: { gateway: { onPost: faultyStarted({ statusCode: 403 }) } },
    });
    const { client: caller } = client<NotesRouter>(version);
    const received = record<string>((on) => caller.onAny.subscribe(undefined, on));
    await probe.until("management", ({ body }) => body?.includes('"started"') === true);
    await publisher.routes.onAny.publish({ data: "early" });
    expect(await received.received(1)).toEqual(["early"]);
  },
);

it.each(clientVersions)(
  "T3: the stop that a client sends for what the server has ended changes nothing (client %s)",
  async (version) => {
    const { client, publisher, probe, gateway, errors, liveRows } = await startWorld(notes);
    const { client: caller } = client<NotesRouter>(version, { user: "mallory" });
    const ended = record<string>((on) => caller.onAny.subscribe(undefined, on));
    const alive = record<string>((on) => caller.onNote.subscribe({ topic: "a" }, on));
    await Promise.all([ended.started, alive.started]);
    await publisher.routes.onAny.complete();
    await ended.completed;
    const refused = record<string>((on) => caller.onMember.subscribe(undefined, on));
    await refused.failed();
    await probe.until("frameReceived", ({ body }) => body.includes("subscription.stop"), 2);
    await gateway.settled();
    expect(errors.map(({ error }) => error.message)).toEqual(["members only"]);
    expect((await liveRows()).map(({ pk }) => pk.includes("onAny"))).not.toContain(true);
    await publisher.routes.onNote.publish({ data: "x" });
    expect(await alive.received(1)).toEqual(["x"]);
  },
);

it("T3: `stopped` and errors leave no row behind them; a stop after them gets no answer", async () => {
  const { open, settle, publisher, liveRows } = await startWorld(notes);
  const socket = await open("mallory");
  socket.subscribe(1, "onAny");
  await socket.next(started(1));
  expect(await publisher.routes.onAny.complete()).toMatchObject({ matched: 1, delivered: 1 });
  await socket.next(stopped(1));
  socket.subscribe(2, "onMember");
  await socket.next(failed(2));
  expect(await liveRows()).toEqual([]);
  const frames: readonly ServerFrame[] = [...socket.frames];
  socket.unsubscribe(1);
  socket.unsubscribe(2);
  await settle(socket);
  expect(socket.frames).toEqual(frames);
});
