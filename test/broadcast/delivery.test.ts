import { tracked } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { createWorld, Heard, type Message, until } from "./world.ts";

describe("a subscription at a broker", () => {
  it("starts, gets what is published, with the states of wsLink and the form of tracked()", async () => {
    const { client, publisher, broker } = await createWorld();
    const { trpc } = await client("ann");
    const heard = new Heard<Message>();
    const subscription = trpc.chat.onMessage.subscribe({ room: "red" }, heard.callbacks);
    await heard.start();
    expect(heard.states).toEqual(["connecting", "pending"]);
    const report = await publisher.routes.chat.onMessage.publish({
      data: tracked("7", { text: "hi" }),
      filter: { name: "mine", ctx: { userId: "ann" } },
    });
    expect(report).toMatchObject({ topics: 1, sent: 1, failed: 0 });
    await until(() => heard.data.length > 0);
    expect(heard.data).toEqual([{ id: "7", data: { text: "hi" } }]);
    subscription.unsubscribe();
    expect(broker.connections).toBe(0);
    expect(heard).toMatchObject({ completed: 0, errors: [] });
  });
});

describe("what is published while a client is away", () => {
  it("is not sent to it when it is back", async () => {
    const { client, publisher, broker } = await createWorld();
    const { trpc } = await client(undefined, { backOffMs: [1] });
    const heard = new Heard<number>();
    trpc.news.subscribe(undefined, heard.callbacks);
    await heard.start();
    broker.setDown(true);
    broker.drop();
    expect(await publisher.routes.news.publish({ data: 1 })).toMatchObject({ sent: 1, failed: 0 });
    broker.setDown(false);
    await heard.start(2);
    await publisher.routes.news.publish({ data: 2 });
    await until(() => heard.data.length > 0);
    expect(heard.data).toEqual([2]);
  });
});

describe("subscriptions of one client", () => {
  it("cost one HTTP request for three that are mounted together", async () => {
    const { client, requests, broker } = await createWorld();
    const { trpc } = await client("ann");
    const three = [new Heard<Message>(), new Heard<Message>(), new Heard<Message>()];
    for (const [index, { callbacks }] of three.entries()) {
      trpc.chat.onMessage.subscribe({ room: `room ${index}` }, callbacks);
    }
    await Promise.all(three.map((heard) => heard.start()));
    expect(requests).toHaveLength(1);
    expect(broker.accepted).toBe(1);
  });

  it("keep a topic that another subscription still hears", async () => {
    const { client, publisher } = await createWorld();
    const { trpc } = await client();
    const [first, second] = [new Heard<number>(), new Heard<number>()];
    const subscription = trpc.news.subscribe(undefined, first.callbacks);
    trpc.news.subscribe(undefined, second.callbacks);
    await Promise.all([first.start(), second.start()]);
    subscription.unsubscribe();
    await publisher.routes.news.publish({ data: 1 });
    await until(() => second.data.length > 0);
    expect([first.data, second.data]).toEqual([[], [1]]);
  });
});

describe("a link", () => {
  it("brings what the resolver's schema makes of the data", async () => {
    const { client, publisher } = await createWorld();
    const { trpc } = await client();
    const heard = new Heard<{ n: number }>();
    trpc.checked.subscribe(undefined, heard.callbacks);
    await heard.start();
    await publisher.routes.checked.publish({ data: { n: "5" } });
    await until(() => heard.data.length > 0);
    expect(heard.data).toEqual([{ n: 5 }]);
  });

  it("ends its subscriptions with close(), and another one opens another connection", async () => {
    const { client, broker } = await createWorld();
    const { trpc, link } = await client();
    const [first, second] = [new Heard<number>(), new Heard<number>()];
    trpc.news.subscribe(undefined, first.callbacks);
    await first.start();
    link.close();
    expect(first).toMatchObject({ stopped: 1, completed: 1 });
    expect(broker.connections).toBe(0);
    trpc.news.subscribe(undefined, second.callbacks);
    await second.start();
    expect(broker.connections).toBe(1);
  });
});
