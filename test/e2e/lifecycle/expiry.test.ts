import { TRPCError } from "@trpc/server";
import { expect, it } from "vitest";
import { clientVersions, record } from "../client.ts";
import { type NotesRouter, type NotesWorld, notes } from "../wire/notes.ts";
import { failed, rawSocket, started } from "../wire/rawSocket.ts";
import { startWorld } from "../wire/world.ts";

/** A world where the session of `short` ends in ten minutes, and a clock of the store that can be moved. */
async function startExpiring(): Promise<NotesWorld & { moveOn(seconds: number): void }> {
  let aheadMs = 0;
  const world = await startWorld(notes, {
    store: { now: () => Date.now() + aheadMs },
    serve: {
      connect: {
        authorize: ({ query }) => ({
          session: { userId: query["user"] ?? "nobody" },
          ...(query["user"] === "short" && { expireAtSeconds: Date.now() / 1000 + 600 }),
        }),
      },
    },
  });
  return {
    ...world,
    moveOn: (seconds) => {
      aheadMs += seconds * 1000;
    },
  };
}

it("an expired session: a publish posts nothing, every request is UNAUTHORIZED, the socket stays open", async () => {
  const { open, publisher, moveOn, probe, settle } = await startExpiring();
  const [short, long] = [await open("short"), await open("long")];
  for (const socket of [short, long]) {
    socket.subscribe(1, "onNote", { topic: "a" });
    await socket.next(started(1));
  }
  moveOn(300);
  expect(await publisher.routes.onNote.publish({ data: "in time" })).toMatchObject({
    delivered: 2,
  });
  moveOn(301);
  const posts = probe.observations.length;
  expect(await publisher.routes.onNote.publish({ data: "late" })).toMatchObject({
    matched: 1,
    delivered: 1,
  });
  expect(probe.observations.slice(posts)).toHaveLength(1);
  expect(await publisher.routes.onNote.count()).toBe(1);
  short.send({ id: 2, method: "query", params: { path: "echo", input: "x" } });
  short.subscribe(3, "onAny");
  expect((await short.next(failed(2))).error?.data.code).toBe("UNAUTHORIZED");
  expect((await short.next(failed(3))).error?.data.code).toBe("UNAUTHORIZED");
  short.send("PING");
  await short.text("PONG");
  short.unsubscribe(1);
  await settle(short);
  expect(short.isOpen).toBe(true);
  long.subscribe(3, "onAny");
  await long.next(started(3));
});

it("rows end with the connection, 2 hours and 15 minutes after it began, whatever is subscribed later", async () => {
  const { open, table, moveOn, publisher, settle } = await startExpiring();
  const socket = await open("long");
  socket.subscribe(1, "onNote", { topic: "a" });
  await settle(socket);
  moveOn(7_000);
  socket.subscribe(2, "onNote", { topic: "a" });
  await settle(socket);
  const rows = await table.rows();
  const connectedAt = Number(rows.find((row) => row["state"] === "OPEN")?.["connectedAt"]);
  const ends = new Set(rows.map(({ expireAt }) => expireAt));
  expect(ends).toEqual(new Set([Math.floor(connectedAt / 1000 + 2 * 3_600 + 15 * 60)]));
  moveOn(1_090);
  expect(await publisher.routes.onNote.count()).toBe(2);
  moveOn(12);
  expect(await publisher.routes.onNote.publish({ data: "x" })).toMatchObject({ matched: 0 });
});

it("a session that has ended, or ends at no time that can be, refuses the handshake", async () => {
  const ends: readonly [unknown, number][] = [
    [Date.now() / 1000 - 1, 401],
    [Date.now(), 500],
    [Number.NaN, 500],
  ];
  for (const [expireAtSeconds, status] of ends) {
    const { urlOf, table, errors } = await startWorld(notes, {
      serve: {
        connect: {
          authorize: () => ({
            session: { userId: "a" },
            expireAtSeconds: expireAtSeconds as number,
          }),
        },
      },
    });
    await expect(rawSocket(urlOf("a"))).rejects.toThrow(`${status}`);
    expect(await table.rows()).toEqual([]);
    expect(errors).toHaveLength(1);
  }
});

it.each(clientVersions)(
  "a client refused at $connect backs off, and comes in once it may (client %s)",
  async (version) => {
    let refusals = 1;
    const { client, probe, publisher } = await startWorld(notes, {
      serve: {
        connect: {
          authorize: () => {
            if (refusals-- > 0) throw new TRPCError({ code: "UNAUTHORIZED", message: "not yet" });
            return { session: { userId: "a" } };
          },
        },
      },
    });
    const { client: caller } = client<NotesRouter>(version, { retryDelayMs: () => 10 });
    const received = record<string>((on) => caller.onAny.subscribe(undefined, on));
    await received.started;
    expect((await probe.until("upgradeRefused")).statusCode).toBe(401);
    await publisher.routes.onAny.publish({ data: "x" });
    expect(await received.received(1)).toEqual(["x"]);
  },
);
