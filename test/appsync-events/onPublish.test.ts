import { tracked } from "@trpc/server";
import type { AppSyncPublishEvent } from "trpc-aws-subscriptions/appsync-events";
import { describe, expect, it } from "vitest";
import { Heard, until } from "../broadcast/world.ts";
import { post } from "../unit/testing/appsync-events/rawClient.ts";
import { chainOn, createWorld } from "./world.ts";

describe("onPublish", () => {
  it("sees each event of its route as it was published, and stops those that it throws for", async () => {
    const chain = chainOn();
    const seen: unknown[] = [];
    const onPublish = chain.onPublish({
      ticks: ({ data, id, channel }) => {
        seen.push([data.n, data.at, id, channel.split("/").slice(0, 4).join("/")]);
        if (data.n === 2) throw new Error("no twos");
      },
      chat: { onMessage: async ({ data, id }) => void seen.push([data.text, id]) },
    });
    const world = await createWorld({ api: { namespaces: { myapp: { onPublish } } } });
    const heard = new Heard<{ readonly n: number }>();
    world.client("alice").trpc.ticks.subscribe(undefined, heard.callbacks);
    await heard.start();

    const { ticks, chat } = world.publisher.routes;
    const at = new Date(0);
    await ticks.publish({ data: { n: 1, at } });
    await expect(ticks.publish({ data: { n: 2, at } })).rejects.toThrow("no twos");
    await ticks.publish({ data: { n: 3, at } });
    await chat.onMessage.publish({ data: tracked("id", { text: "hello" }) });
    await until(() => heard.data.length > 1);
    expect(heard.data.map(({ n }) => n)).toEqual([1, 3]);
    expect(seen).toEqual([
      ...[1, 2, 3].map((n) => [n, at, undefined, "/myapp/ticks/all"]),
      ["hello", "id"],
    ]);
  });

  it("lets events of other routes and namespaces pass, and stops what is no event of ours", async () => {
    const onPublish = chainOn({ namespace: "myapp/eu" }).onPublish({ ticks: () => undefined });
    const event = (path: string, payload: unknown): AppSyncPublishEvent =>
      ({ info: { channel: { path } }, events: [{ id: "1", payload }] }) as never;
    for (const path of ["/myapp/us/ticks/all/t", "/myapp/eu/other/all/t", "/myapp"]) {
      expect(await onPublish(event(path, "anything"))).toEqual({
        events: [{ id: "1", payload: "anything" }],
      });
    }
    for (const payload of ["anything", null, {}, { m: 1 }, { m: "m", i: 1 }]) {
      expect(await onPublish(event("/myapp/eu/ticks/all/t", payload))).toEqual({
        events: [{ id: "1", error: "it is no event of a publisher of this chain" }],
      });
    }
  });

  it("tells whoever publishes past the library, with the API's key, that it was no event", async () => {
    const onPublish = chainOn().onPublish({ ticks: () => undefined });
    const { api } = await createWorld({ api: { namespaces: { myapp: { onPublish } } } });
    const forged = { channel: "/myapp/ticks/all/t", events: ['{"d":1}'] };
    expect((await post(api, forged)).body).toMatchObject({
      successful: [],
      failed: [{ index: 0 }],
    });
  });

  it("refuses hooks of what is no route, and what is no function", () => {
    const { onPublish } = chainOn();
    const refused = expect.objectContaining({ code: "BUILDER" });
    expect(() => onPublish({ unknown: () => undefined } as never)).toThrow(refused);
    expect(() => onPublish({ ticks: "yes" } as never)).toThrow('"ticks" is no function');
    expect(() => onPublish(undefined as never)).toThrow("expected hooks by route");
  });
});
