import { describe, expect, it } from "vitest";
import { clientVersions } from "../client.ts";
import { newestVersion, pinnedVersion } from "../trpcVersion.ts";
import { startFeeds, textsOf, textsOnce } from "./feed.ts";

describe.each(clientVersions)("client %s", (version) => {
  it("gets { id, data }, and what was published to it while it was away", async () => {
    const feeds = await startFeeds();
    const { publish } = feeds.publisher.routes.onMessage;
    const bob = feeds.enter({ userId: "bob", room: "a" }, version);
    await bob.started;
    const first = await feeds.say("a", "one");
    expect(first).toMatchObject({ matched: 1, delivered: 1, complete: true });
    expect(await bob.received(1)).toEqual([{ id: first.eventId, data: "one" }]);
    const to = (userId: string, room?: string) =>
      ({
        name: "byUserAndRoom",
        ctx: { userId },
        ...(room !== undefined && { input: { room } }),
      }) as const;
    await feeds.cut(async () => {
      await feeds.say("a", "two");
      await feeds.say("b", "for another room");
      await publish({ data: "three", filter: to("bob") });
      await publish({ data: "for Bobby", filter: to("bobby", "a") });
      await publish({ data: "four", filter: to("bob", "a") });
      await publish({ data: "five" });
      await publish({ data: "six", filter: [to("bob"), { name: "byRoom", input: { room: "a" } }] });
    });
    // The first one again, since what came just before the cursor may have been overtaken.
    const missed = ["one", "two", "three", "four", "five", "six"];
    expect(textsOf(await bob.received(7))).toEqual(["one", ...missed]);
    await feeds.say("a", "seven");
    await bob.received(8);
    expect(textsOnce(bob.data)).toEqual([...missed, "seven"]);
    expect(bob.errors).toEqual([]);
    expect(feeds.errors).toEqual([]);
  });

  it("loses nothing before its first event, when it has a cursor that is older than what it read", async () => {
    const feeds = await startFeeds();
    const lastEventId = feeds.publisher.cursor();
    await feeds.say("a", "after the cursor");
    const bob = feeds.enter({ userId: "bob", room: "a", lastEventId }, version);
    await bob.started;
    await bob.received(1);
    await feeds.cut(() => feeds.say("a", "while it was away"));
    await bob.received(3);
    expect(textsOnce(bob.data)).toEqual(["after the cursor", "while it was away"]);
  });

  it("is sent what `onData` makes of what it missed", async () => {
    const feeds = await startFeeds();
    const { publish } = feeds.publisher.routes.onShout;
    const bob = feeds.listen("bob", version);
    await bob.started;
    const { eventId } = await publish({ data: "hi" });
    expect(await bob.received(1)).toEqual([{ id: eventId, data: "bob: hi" }]);
    await feeds.cut(async () => {
      await publish({ data: "bob" });
      await publish({ data: "late" });
    });
    await bob.received(3);
    expect(textsOnce(bob.data)).toEqual(["bob: hi", "bob: late"]);
  });
});

it.each(clientVersions)(
  "is resumed with the rights that it has by then (client %s)",
  async (version) => {
    const feeds = await startFeeds();
    const eve = feeds.enter({ userId: "eve", room: "a" }, version);
    await eve.started;
    await feeds.say("a", "one");
    await eve.received(1);
    await feeds.cut(async () => {
      feeds.banned.add("eve");
      await feeds.say("a", "two");
    });
    expect((await eve.failed()).message).toBe("banned");
    expect(textsOf(eve.data)).toEqual(["one"]);
    expect(await feeds.table.routeRows()).toEqual([]);
  },
);

it("sends no event twice that was kept between the two readings, and none never", async () => {
  let between: (() => Promise<void>) | undefined;
  const feeds = await startFeeds({
    plan: ({ command }) => {
      if (command !== "TransactWriteItemsCommand" || between === undefined) return undefined;
      const before = between;
      between = undefined;
      return { before };
    },
  });
  const from = feeds.publisher.cursor();
  await feeds.say("a", "one");
  between = async () => void (await feeds.say("a", "two"));
  const bob = feeds.enter({ userId: "bob", room: "a", lastEventId: from }, pinnedVersion);
  await bob.started;
  await feeds.say("a", "three");
  expect(textsOf(await bob.received(3))).toEqual(["one", "two", "three"]);
});

it("replays the events of many subscriptions of one frame", async () => {
  const feeds = await startFeeds();
  const rooms = Array.from({ length: 30 }, (_, index) => `room ${index}`);
  const { client } = feeds.join({ userId: "bob" }, newestVersion, { retryDelayMs: () => 0 });
  const visits = rooms.map((room) => feeds.visit(client, { room }));
  await Promise.all(visits.map(({ started }) => started));
  await Promise.all(rooms.map((room) => feeds.say(room, `one in ${room}`)));
  await Promise.all(visits.map(({ received }) => received(1)));
  await feeds.cut(() => Promise.all(rooms.map((room) => feeds.say(room, `two in ${room}`))));
  await Promise.all(visits.map(({ received }) => received(3)));
  expect(visits.map(({ data }) => textsOnce(data))).toEqual(
    rooms.map((room) => [`one in ${room}`, `two in ${room}`]),
  );
});
