import { expect, it } from "vitest";
import { type ClientVersion, clientVersions, type Recording, record } from "../client.ts";
import { onMethod, onRoute } from "../wire/gatewayProbe.ts";
import { type NotesRouter, type NotesWorld, notes } from "../wire/notes.ts";
import { startWorld } from "../wire/world.ts";

/** Waits until a connection has been told of this many subscriptions. */
async function subscribedAgain({ probe }: NotesWorld, count: number): Promise<void> {
  const isStarted = ({ body }: { readonly body: string | undefined }): boolean =>
    body?.includes('"started"') === true;
  await probe.until("management", isStarted, count);
}

function isOfClosed({ probe }: NotesWorld, text: string): boolean {
  return probe.observations.some((one) => one.type === "closed" && text.includes(one.connectionId));
}

/** Every subscription is there once, and nothing is left of connections that are closed. */
async function expectOneEach(
  world: NotesWorld,
  recordings: readonly Recording<string>[],
): Promise<void> {
  const { publisher, table, gateway } = world;
  await gateway.settled();
  const report = await publisher.routes.onNote.publish({ data: "again" });
  expect(report).toMatchObject({
    matched: recordings.length,
    delivered: recordings.length,
    gone: 0,
  });
  for (const recording of recordings) {
    expect(await recording.received(1)).toEqual(["again"]);
    expect(recording.errors).toEqual([]);
  }
  const leftOver = (await table.routeRows()).filter(({ sk }) => isOfClosed(world, sk));
  expect(leftOver).toEqual([]);
}

it.each(clientVersions)(
  "T7: a dropped socket: all subscriptions come back in one frame, no row of the old connection stays (client %s)",
  async (version) => {
    const world = await startWorld(notes);
    const { client, gateway, probe } = world;
    const { client: caller } = client<NotesRouter>(version);
    const all = Array.from({ length: 30 }, (_, index) =>
      record<string>((on) => caller.onNote.subscribe({ topic: `t${index}` }, on)),
    );
    await Promise.all(all.map((one) => one.started));
    await gateway.dropConnection(gateway.connectionIds()[0] ?? "");
    await subscribedAgain(world, 60);
    await expectOneEach(world, all);
    const arrays = probe.events.filter((event) => "body" in event && event.body?.startsWith("["));
    expect(arrays).toHaveLength(2);
  },
);

it.each(clientVersions)(
  "a dropped socket whose $disconnect comes after the new connection, or never (client %s)",
  async (version) => {
    const world = await startWorld(notes);
    const { client, gateway, probe, publisher } = world;
    const { client: caller } = client<NotesRouter>(version);
    const one = record<string>((on) => caller.onNote.subscribe({ topic: "a" }, on));
    await one.started;
    const late = probe.hold(onRoute("DISCONNECT"));
    await gateway.dropConnection(gateway.connectionIds()[0] ?? "");
    await subscribedAgain(world, 2);
    const report = await publisher.routes.onNote.publish({ data: "meanwhile" });
    expect(report, "the old one is found gone").toMatchObject({ delivered: 1, gone: 1 });
    expect(await one.received(1)).toEqual(["meanwhile"]);
    await late.release();
    await publisher.routes.onNote.publish({ data: "again" });
    expect(await one.received(2)).toEqual(["meanwhile", "again"]);
    expect((await world.table.routeRows()).filter(({ sk }) => isOfClosed(world, sk))).toEqual([]);
  },
);

it("race R11: the 2-hour cut: the subscription is back on a new connection (both clients)", async () => {
  const check = async (version: ClientVersion): Promise<void> => {
    const world = await startWorld(notes, { serve: { gateway: { maxConnectionMs: 1_000 } } });
    const { client, probe } = world;
    const { client: caller } = client<NotesRouter>(version);
    const one = record<string>((on) => caller.onNote.subscribe({ topic: "a" }, on));
    await one.started;
    expect((await probe.until("closed")).code).toBe(1001);
    await subscribedAgain(world, 2);
    await expectOneEach(world, [one]);
  };
  await Promise.all(clientVersions.map(check));
});

it("race R11: the idle cut, and the subscription back; keep-alive prevents it (both clients)", async () => {
  const check = async (version: ClientVersion): Promise<void> => {
    const world = await startWorld(notes, { serve: { gateway: { idleTimeoutMs: 1_000 } } });
    const { client, probe } = world;
    const awake = client<NotesRouter>(version, {
      user: "awake",
      keepAlive: { enabled: true, intervalMs: 100, pongTimeoutMs: 5_000 },
    });
    const asleep = client<NotesRouter>(version, { user: "asleep" });
    const recordings = [awake, asleep].map(({ client: caller }) =>
      record<string>((on) => caller.onNote.subscribe({ topic: "a" }, on)),
    );
    await Promise.all(recordings.map((one) => one.started));
    expect((await probe.until("closed")).code).toBe(1001);
    await subscribedAgain(world, 3);
    await expectOneEach(world, recordings);
    const connected = probe.observations.filter(
      (one) => one.type === "connected" && one.url.endsWith("user=awake"),
    );
    expect(connected).toHaveLength(1);
  };
  await Promise.all(clientVersions.map(check));
});

it.each(clientVersions)(
  "a stop sent while its subscription is on the way back ends it for good (client %s)",
  async (version) => {
    const world = await startWorld(notes);
    const { client, gateway, probe, publisher, liveRows } = world;
    const { client: caller, close } = client<NotesRouter>(version);
    const one = record<string>((on) => caller.onNote.subscribe({ topic: "a" }, on));
    await one.started;
    const held = probe.hold(onMethod("subscription"));
    await gateway.dropConnection(gateway.connectionIds()[0] ?? "");
    await held.arrived;
    one.unsubscribe();
    await probe.until("frameReceived", ({ body }) => body.includes("subscription.stop"));
    await held.release();
    await gateway.settled();
    expect(await publisher.routes.onNote.publish({ data: "ghost" })).toMatchObject({ matched: 0 });
    await close();
    await world.disconnected();
    expect(await liveRows()).toEqual([]);
  },
);
