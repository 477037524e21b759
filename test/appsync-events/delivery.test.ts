import { describe, expect, it } from "vitest";
import { Heard, type Message, message, textsOf, until } from "../broadcast/world.ts";
import { createWorld } from "./world.ts";

type World = Awaited<ReturnType<typeof createWorld>>;

/** A user's subscription to a room, heard from now on. */
async function listen(world: World, userId: string, input: { room: string; agent?: string }) {
  const heard = new Heard<Message>();
  const { trpc, link } = world.client(userId);
  const subscription = trpc.chat.onMessage.subscribe(input, heard.callbacks);
  await heard.start();
  const texts = () => textsOf(heard);
  return { heard, texts, subscription, link };
}

const say = (text: string) => ({ data: message(text) });

describe("a publish over AppSync Events", () => {
  it("reaches whom its filter names, everybody without one, and each once for several", async () => {
    const world = await createWorld();
    const { publish } = world.publisher.routes.chat.onMessage;
    const alice = await listen(world, "alice", { room: "red" });
    const inBlue = await listen(world, "alice", { room: "blue", agent: "a1" });
    const bob = await listen(world, "bob", { room: "red", agent: "a2" });

    const report = await publish({
      ...say("mine"),
      filter: { name: "mine", ctx: { userId: "alice" } },
    });
    expect(report).toMatchObject({ topics: 1, sent: 1, failed: 0 });
    const red = { name: "mineInRoom", ctx: { userId: "alice" }, input: { room: "red" } } as const;
    await publish({ ...say("mine in red"), filter: red });
    const room = (agent: string) => ({ name: "room", input: { room: "red", agent } }) as const;
    await publish({ ...say("red, a1"), filter: room("a1") });
    await publish({ ...say("red, a2"), filter: room("a2") });
    const twice = { name: "mine", ctx: { userId: "alice" } } as const;
    await publish({ ...say("union"), filter: [twice, red, room("a2")] });
    await publish(say("all"));

    await until(() => [alice, inBlue, bob].every(({ texts }) => texts().includes("all")));
    expect(alice.texts()).toEqual(["mine", "mine in red", "red, a1", "red, a2", "union", "all"]);
    expect(inBlue.texts()).toEqual(["mine", "union", "all"]);
    expect(bob.texts()).toEqual(["red, a2", "union", "all"]);
    expect(alice.heard.data[0]?.id).toBe("mine");
  });

  it("brings what the transformer can, to a client that knows no URL but that of its grants", async () => {
    const { api } = await createWorld();
    const world = await createWorld({ engine: { url: api.url }, api: { port: 0 } });
    const heard = new Heard<{ readonly n: number; readonly at: Date }>();
    const handedOut = await createWorld({ engine: { url: world.api.url } });
    // It hands out the URL of another API: that is where its client goes.
    const { trpc } = handedOut.client("alice", { url: undefined as never });
    trpc.ticks.subscribe(undefined, heard.callbacks);
    await heard.start();
    expect(world.api.connectionIds()).toHaveLength(1);
    expect(handedOut.api.connectionIds()).toHaveLength(0);
    await world.publisher.routes.ticks.publish({ data: { n: 1, at: new Date(0) } });
    await until(() => heard.data.length > 0);
    expect(heard.data).toEqual([{ n: 1, at: new Date(0) }]);
  });

  it("is for one deployment: another namespace or secret on the same API hears nothing of it", async () => {
    const namespaces = { myapp: {}, other: {} };
    const world = await createWorld({ api: { namespaces } });
    const { heard, texts } = await listen(world, "alice", { room: "red" });
    for (const engine of [{ namespace: "other" }, { secret: "f".repeat(32) }]) {
      const { chain } = await createWorld({ engine });
      const stranger = chain.publisher({ url: world.api.url, apiKey: "da2-local" });
      await stranger.routes.chat.onMessage.publish(say("not for us"));
    }
    await world.publisher.routes.chat.onMessage.publish(say("for us"));
    await until(() => heard.data.length > 0);
    expect(texts()).toEqual(["for us"]);
  });
});

describe("a client of AppSync Events", () => {
  it("has one socket for all its subscriptions, and none when the last one has ended", async () => {
    const world = await createWorld();
    const { trpc } = world.client("alice");
    const heard = [new Heard<Message>(), new Heard<Message>()];
    const subscribed = heard.map(({ callbacks }, index) =>
      trpc.chat.onMessage.subscribe({ room: `room ${index}` }, callbacks),
    );
    await Promise.all(heard.map((each) => each.start()));
    expect(world.api.connectionIds()).toHaveLength(1);
    // Everybody's and those of the user alone, which they share, and two for each room.
    expect(world.api.subscriptionCount()).toBe(3 + 2 * 2);
    subscribed[0]?.unsubscribe();
    await until(() => world.api.subscriptionCount() === 3 + 2);
    subscribed[1]?.unsubscribe();
    await until(() => world.api.connectionIds().length === 0);
  });

  it("comes again after a cut", async () => {
    const world = await createWorld();
    const { heard, texts } = await listen(world, "alice", { room: "red" });
    await world.api.dropConnections();
    await until(() => heard.states.filter((state) => state === "pending").length > 1);
    await world.publisher.routes.chat.onMessage.publish(say("back"));
    await until(() => heard.data.length > 0);
    expect(texts()).toEqual(["back"]);
    expect(heard.errors).toEqual([]);
  });
});
