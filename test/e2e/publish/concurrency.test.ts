import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ClientVersion, clientVersions, record } from "../client.ts";
import { startWorld, type WorldOptions } from "./world.ts";

const subscriptions = initSubscriptions();
const t = initTRPC.context<object>().create();
const input = z.object({ room: z.string() });
const slow = z.string().transform(async (text) => {
  await new Promise((resolve) => setImmediate(resolve));
  return text;
});
const router = t.router({
  chat: t.router({
    room: t.router({
      onMessage: t.procedure.input(input).subscription(subscriptions.resolver<string>()),
    }),
  }),
  onChecked: t.procedure.input(input).subscription(subscriptions.resolver(slow)),
});
const buildChain = (store: Store) =>
  subscriptions
    .router({ router })
    .store({ store })
    .routes.chat.room.onMessage.filter({ name: "byRoom", input: { room: true } })
    .routes.onChecked.filter({ name: "byRoom", input: { room: true } });

const rooms = ["red", "green", "blue"];
const byRoom = (room: string) => ({ name: "byRoom", input: { room } }) as const;

/** A subscriber of each route in each room. */
async function start(version: ClientVersion, options: WorldOptions = {}) {
  const world = await startWorld(buildChain, options);
  const plain = rooms.map((room) => {
    const { client } = world.join({}, version);
    return record<string>((on) => client.chat.room.onMessage.subscribe({ room }, on));
  });
  const checked = rooms.map((room) => {
    const { client } = world.join({}, version);
    return record<string>((on) => client.onChecked.subscribe({ room }, on));
  });
  await Promise.all([...plain, ...checked].map(({ started }) => started));
  return { ...world, plain, checked };
}

describe.each(clientVersions)("client %s", (version) => {
  it("C7: a held reference works any number of times, concurrently too", async () => {
    const { publisher, plain } = await start(version);
    const { publish } = publisher.routes.chat.room.onMessage;
    for (const data of ["1", "2", "3"])
      expect(await publish({ data })).toMatchObject({ matched: 3 });
    const reports = await Promise.all(
      Array.from({ length: 10 }, (_, index) => publish({ data: `c${index}` })),
    );
    for (const report of reports) expect(report).toMatchObject({ delivered: 3, failed: 0 });
    const { room } = publisher.routes.chat;
    await room.onMessage.publish({ data: "end" });
    await room.onMessage.publish({ data: "after" });
    for (const { received, data } of plain) {
      await received(15);
      expect(data.slice(0, 3)).toEqual(["1", "2", "3"]);
      expect(data.slice(3, 13).toSorted()).toEqual(reports.map((_, index) => `c${index}`));
      expect(data.slice(13)).toEqual(["end", "after"]);
    }
  });

  it("C27: publishes that run at once do not mix their data, audiences or routes", async () => {
    const { publisher, plain, checked } = await start(version);
    const plainly = publisher.routes.chat.room.onMessage.publish;
    const checkedly = publisher.routes.onChecked.publish;
    const rounds = Array.from({ length: 5 }, (_, round) => round);
    await Promise.all(
      rounds.flatMap((round) =>
        rooms.flatMap((room) => [
          plainly({ data: `plain ${room} ${round}`, filter: byRoom(room) }),
          checkedly({ data: `checked ${room} ${round}`, filter: byRoom(room) }),
        ]),
      ),
    );
    await Promise.all([plainly({ data: "end" }), checkedly({ data: "end" })]);
    for (const [kind, recordings] of Object.entries({ plain, checked })) {
      for (const [index, { received, data }] of recordings.entries()) {
        await received(6);
        const own = rounds.map((round) => `${kind} ${rooms[index]} ${round}`);
        expect(data.slice(0, 5).toSorted()).toEqual(own);
        expect(data.slice(5)).toEqual(["end"]);
      }
    }
  });

  it("race R20: what one publisher publishes in turn arrives in turn", async () => {
    let answers = 0;
    const { publisher, plain } = await start(version, {
      gateway: {
        // Every fourth post needs a second try.
        onPost: (_, body) =>
          body.includes('"type":"data"') && answers++ % 4 === 0 ? { statusCode: 500 } : undefined,
      },
    });
    const { publish } = publisher.routes.chat.room.onMessage;
    const events = Array.from({ length: 12 }, (_, index) => String(index));
    for (const data of events) await publish({ data });
    for (const { received } of plain) expect(await received(12)).toEqual(events);
  });
});
