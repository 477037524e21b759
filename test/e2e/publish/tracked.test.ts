import { createRequire } from "node:module";
import { initTRPC, type TrackedEnvelope, tracked } from "@trpc/server";
import superjson from "superjson";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { describe, expect, it } from "vitest";
import * as newest from "../../trpc-latest/server.ts";
import { clientVersions, record } from "../client.ts";
import { startWorld } from "./world.ts";

interface Message {
  readonly text: string;
  readonly at: Date;
}

const subscriptions = initSubscriptions();
const t = initTRPC.context<object>().create({ transformer: superjson });
const router = t.router({
  onMessage: t.procedure.subscription(subscriptions.resolver<TrackedEnvelope<Message>>()),
});
const buildChain = (store: Store) => subscriptions.router({ router }).store({ store });

const commonJs: typeof newest = createRequire(import.meta.url)("@trpc/server");
const at = new Date(1_700_000_000_000);

describe.each(clientVersions)("client %s", (version) => {
  it.each([
    ["ESM build", tracked],
    ["CommonJS build", commonJs.tracked],
    ["newest version", newest.tracked],
  ] as const)("a value tracked by the %s arrives with its id", async (_, track) => {
    const { join, publisher, posts } = await startWorld(buildChain, { transformer: superjson });
    const { client } = join({}, version);
    const subscriber = record<unknown>((on) => client.onMessage.subscribe(undefined, on));
    await subscriber.started;
    const { publish } = publisher.routes.onMessage;
    const data = track("event-1", { text: "hi", at }) as TrackedEnvelope<Message>;
    expect(await publish({ data })).toMatchObject({ delivered: 1 });
    expect(await subscriber.received(1)).toEqual([{ id: "event-1", data: { text: "hi", at } }]);
    expect(posts.map(({ frame }) => JSON.parse(frame).result)).toEqual([
      {
        type: "data",
        id: "event-1",
        data: superjson.serialize({ id: "event-1", data: { text: "hi", at } }),
      },
    ]);
  });

  it("T5: after a lost socket the client asks for what follows the last id", async () => {
    const frames: string[] = [];
    const { join, publisher, gateway, seen } = await startWorld(buildChain, {
      transformer: superjson,
      gateway: {
        delay: (event) => {
          if ("body" in event && event.body) frames.push(event.body);
          return undefined;
        },
      },
    });
    const { client, connectionId } = join({}, version);
    const subscriber = record<unknown>((on) => client.onMessage.subscribe(undefined, on));
    await subscriber.started;
    const { publish } = publisher.routes.onMessage;
    for (const id of ["e1", "e2"]) await publish({ data: tracked(id, { text: id, at }) });
    await subscriber.received(2);
    await gateway.dropConnection(await connectionId);
    await seen(({ type, ...event }) => "body" in event && `${event.body}`.includes("started"), 2);
    expect(frames.length).toBe(2);
    expect(frames[0]).not.toContain("lastEventId");
    expect(JSON.parse(frames[1] ?? "")).toMatchObject({ params: { lastEventId: "e2" } });
  });
});
