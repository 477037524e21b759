import { expect, it } from "vitest";
import { clientVersions, record } from "../client.ts";
import { rooms } from "./rooms.ts";
import { startWorld } from "./world.ts";

const SOCKETS = 200;
const ROOMS = 4;

it(`R4: ${SOCKETS} sockets: each gets exactly one of each message for it, and nobody else's`, async () => {
  const { join, publisher, posts } = await startWorld(rooms);
  const users = Array.from({ length: SOCKETS }, (_, index) => {
    const userId = `user${index}`;
    const room = `room${index % ROOMS}`;
    const { client } = join({ userId }, clientVersions[index % clientVersions.length]);
    const recording = record<string>((on) => client.onMessage.subscribe({ room }, on));
    return { userId, room, recording };
  });
  await Promise.all(users.map(({ recording }) => recording.started));

  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on("warning", note);
  const { publish } = publisher.routes.onMessage;
  const room = { name: "byRoom", input: { room: "room1" } } as const;
  const inRoom = await publish({ data: "room1", filter: room });
  expect(inRoom).toMatchObject({ matched: SOCKETS / ROOMS, delivered: SOCKETS / ROOMS });
  const everyTwentyFifth = users.filter((_, index) => index % 25 === 1);
  await Promise.all(
    everyTwentyFifth.map(({ userId }) =>
      publish({ data: userId, filter: { name: "byUser", ctx: { userId } } }),
    ),
  );
  // The last one, so that nothing is still under way to anybody who has it.
  const all = await publish({ data: "everybody" });
  expect(all).toMatchObject({ matched: SOCKETS, delivered: SOCKETS, failed: 0, complete: true });
  for (const user of users) {
    const { received, data } = user.recording;
    const own = everyTwentyFifth.includes(user) ? [user.userId] : [];
    const expected = [...(user.room === "room1" ? ["room1"] : []), ...own, "everybody"];
    await received(expected.length);
    expect(data).toEqual(expected);
  }
  expect(posts.length).toBe(SOCKETS + SOCKETS / ROOMS + everyTwentyFifth.length);
  process.off("warning", note);
  expect(warnings).toEqual([]);
}, 180_000);
