import { expect, it } from "vitest";
import { stopped } from "../e2e/wire/rawSocket.ts";
import type { Row } from "../testTable.ts";
import { page } from "./policies.ts";
import {
  filter,
  keepAndResume,
  startWithSecrets,
  subscribeAll,
  writeAndPost,
} from "./secretsWorld.ts";
import { rowKind, storedIn } from "./storedRows.ts";

/** Rows and attributes of SECURITY.md. */
function documented(): ReadonlyMap<string, readonly string[]> {
  const [, table = ""] =
    /\n\| row \| attributes \|[^\n]*\n\|[-| ]+\n((?:\|.*\n)+)/.exec(page) ?? [];
  const rows = table.matchAll(/^\| ([^|]+) \| ([^|]+) \|/gm);
  return new Map(
    [...rows].map(([, row = "", names = ""]) => [
      row,
      [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name).toSorted(),
    ]),
  );
}

const attributesOf = (rows: readonly Row[]): ReadonlyMap<string, readonly string[]> => {
  const names = new Map<string, Set<string>>();
  for (const row of rows) {
    const kind = rowKind(row);
    names.set(kind, new Set([...(names.get(kind) ?? []), ...Object.keys(row)]));
  }
  return new Map([...names].map(([kind, all]) => [kind, [...all].toSorted()]));
};

it("S15: what is stored of whom, by a scan of every row for what was put in everywhere", async () => {
  const world = await startWithSecrets();
  const socket = await subscribeAll(world);
  const { onNote, onHooked } = world.publisher.routes;
  expect(await onNote.publish({ data: "canary-data", filter })).toMatchObject({ delivered: 1 });
  expect(await onHooked.publish({ data: "canary-data" })).toMatchObject({ delivered: 1 });
  const rows = await world.table.rows();
  const where = (name: string) => storedIn(rows, `canary-${name}`);
  expect({
    header: where("header"),
    cookie: where("cookie"),
    query: where("query"),
    ctx: where("ctx"),
    data: where("data"),
    inputWithoutHooks: [...where("input-onNote"), ...where("event-onNote")],
  }).toEqual({ header: [], cookie: [], query: [], ctx: [], data: [], inputWithoutHooks: [] });
  expect(where("params")).toEqual(["connection.connectionParams"]);
  expect(where("session")).toEqual(["connection.session"]);
  expect(where("input-onHooked")).toEqual(["subscription.hookState"]);
  expect(where("event-onHooked")).toEqual(["subscription.hookState"]);
  const inKeys = ["route.sk", "subscription.hookState", "subscription.routes"];
  expect(where("room")).toEqual(inKeys);
  expect(where("user")).toEqual(["connection.session", ...inKeys]);

  // A stop takes the routes away, and leaves the subscription's row to its end.
  socket.unsubscribe(1);
  await socket.next(stopped(1));
  await world.settle(socket);
  await socket.close();
  await world.disconnected();
  const left = await world.table.rows();
  expect(storedIn(left, "canary-params")).toEqual([]);
  expect(storedIn(left, "canary-session")).toEqual([]);
  const inSubscriptions = ["subscription.hookState", "subscription.routes"];
  expect(storedIn(left, "canary-room")).toEqual(inSubscriptions);
});

it("S15: what is stored of an event with history, and of who comes back for it", async () => {
  const world = await startWithSecrets();
  const socket = await world.open();
  await keepAndResume(world, socket);
  const rows = await world.table.rows();
  const where = (name: string) => storedIn(rows, `canary-${name}`);
  expect(where("kept")).toEqual(["event.text"]);
  // Whom it was for; long after they have left.
  expect(where("other")).toEqual(["event.pk"]);
  expect(where("key")).toEqual(["publish key.pk"]);
  // What was looked through for who came back.
  expect(where("room")).toEqual(["quiet note.pk", "route.sk", "subscription.routes"]);
  expect([...where("input"), ...where("ctx"), ...where("header")]).toEqual([]);
  const lifeOf = (kind: string) =>
    rows
      .filter((row) => rowKind(row) === kind)
      .map(({ expireAt }) => (expireAt - Date.now() / 1000) / 3600);
  // 10 min, 30 s and 4.5 h.
  for (const kind of ["event", "publish key", "quiet note"]) {
    expect(lifeOf(kind)).toEqual([expect.closeTo(4.675, 2)]);
  }
  await socket.close();
});

it("S15: what is stored of an event in the outbox, and of how far it has come", async () => {
  const world = await startWithSecrets();
  const socket = await world.open();
  await writeAndPost(world, socket);
  const rows = await world.table.rows();
  const where = (name: string) => storedIn(rows, `canary-${name}`);
  expect(where("written")).toEqual(["event.text"]);
  expect(where("other")).toEqual(["event.outbox", "event.pk"]);
  // Who was posted to last.
  expect(where("room")).toEqual(["checkpoint.text", "route.sk", "subscription.routes"]);
  expect([...where("input"), ...where("ctx")]).toEqual([]);
  const lifeOf = (kind: string) =>
    rows
      .filter((row) => rowKind(row) === kind)
      .map(({ expireAt }) => (expireAt - Date.now() / 1000) / 3600);
  // As long as the stream may bring the event.
  expect(lifeOf("checkpoint")).toEqual([expect.closeTo(24, 1)]);
  await socket.close();
});

it("S15: rows and attributes are those that SECURITY.md lists, and all but the key expire", async () => {
  const world = await startWithSecrets();
  const socket = await subscribeAll(world);
  const { onNote } = world.publisher.routes;
  await keepAndResume(world, socket);
  await writeAndPost(world, await world.open());
  await onNote.publish({ data: "x", deadlineMs: 0 });
  const { fanOuts } = world.store;
  const job = { fanOutId: "f", expireAt: Date.now() / 1000 + 60 };
  await fanOuts.keep("f", "text", job.expireAt);
  await fanOuts.claim({ ...job, part: "1", end: "", leaseUntil: 0 });
  const rows = await world.table.rows();
  expect(attributesOf(rows)).toEqual(documented());
  const withoutEnd = rows.filter(({ expireAt }) => typeof expireAt !== "number");
  expect(withoutEnd.map(rowKind)).toEqual(["key of cursors"]);
  await socket.close();
});
