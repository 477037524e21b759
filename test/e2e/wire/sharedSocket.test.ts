import { expect, it } from "vitest";
import { clientVersions, record, stockClient } from "../client.ts";
import { isBefore } from "../trpcVersion.ts";
import { type NotesRouter, notes } from "./notes.ts";
import { failed, started, valuesOf } from "./rawSocket.ts";
import { startWorld } from "./world.ts";

it("T15: an id that is in use is refused, and the first subscription lives on", async () => {
  const { open, settle, publisher } = await startWorld(notes);
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "first" });
  await socket.next(started(1));
  socket.subscribe(1, "onAny");
  expect(await socket.next(failed(1))).toMatchObject({
    error: { message: "Duplicate id 1", data: { code: "BAD_REQUEST", path: "onAny" } },
  });
  await publisher.routes.onNote.publish({ data: "to the first" });
  await publisher.routes.onAny.publish({ data: "to the second" });
  await settle(socket);
  expect(valuesOf(socket, 1)).toEqual(["to the first"]);
  await socket.close();
});

it.each(clientVersions)("T15: two tRPC clients on one socket (client %s)", async (version) => {
  const { client, publisher, probe } = await startWorld(notes);
  const one = client<NotesRouter>(version);
  const other = stockClient<NotesRouter>({ version, shared: one.wsClient, url: "" });
  const subscribe = ({ client: caller }: typeof one) =>
    record<string>((on) => caller.onNote.subscribe({ topic: "a" }, on));
  const first = subscribe(one);
  await first.started;
  const second = subscribe(other);
  if (isBefore(version, "11.25")) {
    // Each numbers from 1. The second is refused, and its stop names the id of the first.
    expect(await second.failed()).toMatchObject({ message: "Duplicate id 1" });
    await probe.until("management", ({ body }) => body?.includes('"stopped"') === true);
    expect(await publisher.routes.onNote.count()).toBe(0);
    return;
  }
  await second.started;
  await publisher.routes.onNote.publish({ data: "to both" });
  expect(await Promise.all([first.received(1), second.received(1)])).toEqual([
    ["to both"],
    ["to both"],
  ]);
});
