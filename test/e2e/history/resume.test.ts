import { describe, expect, it } from "vitest";
import { clientVersions } from "../client.ts";
import { type Received, startFeeds } from "./feed.ts";

const texts = (received: readonly Received[]): readonly string[] =>
  received.map(({ data }) => data);
const once = (received: readonly Received[]): readonly string[] => [
  ...new Map(received.map(({ id, data }) => [id, data])).values(),
];

describe.each(clientVersions)("client %s", (version) => {
  it("gets { id, data }, and what was published while it was away", async () => {
    const feeds = await startFeeds();
    const bob = feeds.enter({ userId: "bob", room: "a" }, version);
    await bob.started;
    const first = await feeds.say("a", "one");
    expect(first).toMatchObject({ matched: 1, delivered: 1, complete: true });
    expect(await bob.received(1)).toEqual([{ id: first.eventId, data: "one" }]);
    await feeds.cut(async () => {
      await feeds.say("a", "two");
      await feeds.say("b", "for others");
      await feeds.publisher.routes.onMessage.publish({
        data: "three",
        filter: { name: "byUserAndRoom", ctx: { userId: "bob" } },
      });
      await feeds.publisher.routes.onMessage.publish({
        data: "for Bobby",
        filter: { name: "byUserAndRoom", ctx: { userId: "bobby" }, input: { room: "a" } },
      });
      await feeds.publisher.routes.onMessage.publish({
        data: "four",
        filter: { name: "byUserAndRoom", ctx: { userId: "bob" }, input: { room: "a" } },
      });
      await feeds.publisher.routes.onMessage.publish({ data: "five" });
    });
    // The first one again, since what came just before the cursor may have been overtaken.
    expect(texts(await bob.received(6))).toEqual(["one", "one", "two", "three", "four", "five"]);
    await feeds.say("a", "six");
    await bob.received(7);
    expect(once(bob.data)).toEqual(["one", "two", "three", "four", "five", "six"]);
    expect(bob.errors).toEqual([]);
    expect(feeds.errors).toEqual([]);
  });
});
