import { tracked } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { seeded } from "../seeded.ts";
import { createWorld, Heard, type Message, until } from "./world.ts";

describe.each([
  ["a broker that takes topics at any time", false, 60],
  ["a broker that takes topics at connect alone", true, 20],
])("credentials are renewed under load, at %s", (_, topicsFixedAtConnect, swaps) => {
  it(`${swaps} times with nothing lost, nothing twice and nothing out of order`, async () => {
    const seed = Date.now() % 2 ** 31;
    // biome-ignore lint/suspicious/noConsole: with it a failure can be repeated
    console.info(`credential swaps: seed ${seed}`);
    const next = seeded(seed);
    const { client, publisher, broker } = await createWorld({
      latencyMs: () => next() * 15,
      topicsFixedAtConnect,
    });
    const failures: Error[] = [];
    const { trpc, link } = await client(undefined, {
      overlapMs: 30,
      onError: (error) => failures.push(error),
    });
    const heard = new Heard<number>();
    trpc.news.subscribe(undefined, heard.callbacks);
    await heard.start();
    let published = 0;
    for (let swap = 1; swap <= swaps; swap++) {
      link.renew();
      // While the grant is asked for, while the new connection opens, and while both are there.
      const more = published + 20;
      const endsAtMs = performance.now() + 20_000;
      while (broker.accepted <= swap || published < more) {
        expect(performance.now()).toBeLessThan(endsAtMs);
        await publisher.routes.news.publish({ data: published++ });
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    await until(() => heard.data.length >= published);
    expect(heard.data).toEqual(Array.from({ length: published }, (_, index) => index));
    expect(failures).toEqual([]);
    expect(heard).toMatchObject({ started: 1, states: ["connecting", "pending"], errors: [] });
    expect(published).toBeGreaterThanOrEqual(swaps * 20);
  });
});

describe("another user who signs in on the same page", () => {
  it("hears nothing that is for the one before, and misses nothing that is for all", async () => {
    const { client, publisher } = await createWorld({ latencyMs: 5 });
    const user = { name: "ann" };
    const { trpc, link } = await client(() => user.name);
    const heard = new Heard<Message>();
    trpc.chat.onMessage.subscribe({ room: "red" }, heard.callbacks);
    await heard.start();
    const { publish } = publisher.routes.chat.onMessage;
    const to = (userId: string) =>
      publish({
        data: tracked(`to ${userId}`, { text: "" }),
        filter: { name: "mine", ctx: { userId } },
      });
    const toAll = (id: string) => publish({ data: tracked(id, { text: "" }) });
    let granted = false;
    link.onEvent((event) => {
      granted ||= event.type === "granted";
    });
    user.name = "bob";
    link.renew();
    await toAll("1");
    await until(() => granted);
    await toAll("2");
    await to("ann");
    await toAll("3");
    await until(() => heard.data.at(-1)?.id === "3");
    // By now bob's own topic may be confirmed or not: until it is.
    while (!heard.data.some(({ id }) => id === "to bob")) {
      await to("bob");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await to("ann");
    await toAll("4");
    await until(() => heard.data.some(({ id }) => id === "4"));
    const ids = new Set(heard.data.map(({ id }) => id));
    expect([...ids]).toEqual(["1", "2", "3", "to bob", "4"]);
  });
});

describe("a grant", () => {
  it("is renewed before it is over, without a word to the subscription", async () => {
    const { client, broker, requests } = await createWorld({ grantTtlMs: 3_000 });
    const { trpc } = await client();
    const heard = new Heard<number>();
    trpc.news.subscribe(undefined, heard.callbacks);
    await heard.start();
    await until(() => broker.accepted === 2);
    await until(() => broker.connections === 1);
    expect(requests).toHaveLength(2);
    expect(heard).toMatchObject({ started: 1, states: ["connecting", "pending"] });
  });

  it("that is renewed while a connection opens takes another connection", async () => {
    // A connection takes longer than the second call waits, whose timer is the earlier one.
    const { client, broker, requests } = await createWorld({ latencyMs: 50 });
    const { trpc, link } = await client();
    const heard = new Heard<number>();
    trpc.news.subscribe(undefined, heard.callbacks);
    await heard.start();
    const told: string[] = [];
    link.onEvent(({ type }) => {
      told.push(type);
      if (type === "granted" && told.length === 2) setTimeout(() => link.renew(), 20);
    });
    link.renew();
    await until(() => told.filter((type) => type === "connected").length === 2);
    expect(told.slice(0, 3)).toEqual(["renewing", "granted", "renewing"]);
    await until(() => broker.connections === 1);
    expect(requests).toHaveLength(3);
    expect(broker.accepted).toBe(3);
  });
});
