import { expect, it } from "vitest";
import type { Given } from "../broadcast/history/world.ts";
import { Heard, until } from "../broadcast/world.ts";
import { limitMs } from "../reliability/size.ts";
import { startAppSyncCloud, startIotCloud } from "./brokerCloud.ts";
import { unusedOf } from "./role.ts";

const LIMIT_MS = limitMs(60_000);

type Cloud = Pick<Awaited<ReturnType<typeof startIotCloud>>, "publisher" | "client">;

const tick = (n: number, room: string) => ({
  data: { n, at: new Date(n) },
  filter: { name: "room", input: { room } } as const,
});

/** Publishes in every way, and to somebody who was away for the first of it. */
async function story({ publisher, client }: Cloud): Promise<void> {
  const { feed, plain } = publisher.routes;
  const lastEventId = publisher.cursor();
  await feed.publish(tick(1, "red"));
  const heard = new Heard<Given>();
  client.feed.subscribe({ room: "red", lastEventId }, heard.callbacks);
  await heard.start();
  const named = { ...tick(2, "red"), key: "the second" };
  const { eventId } = await feed.publish(named);
  expect(await feed.publish(named)).toMatchObject({ eventId, repeated: true });
  const mine = { name: "mine", ctx: { userId: "ann" } } as const;
  await feed.publish({ ...tick(3, "red"), filter: [mine, tick(3, "red").filter] });
  await until(() => heard.data.length >= 3);
  expect(heard.data.map(({ data }) => data.n)).toEqual([1, 2, 3]);

  const news = new Heard<number>();
  client.plain.subscribe(undefined, news.callbacks);
  await news.start();
  expect(await plain.publish({ data: 7 })).toMatchObject({ failed: 0 });
  await until(() => news.data.length > 0);
}

it(
  "S19: on IoT Core a publisher publishes and keeps, grants resume and `disconnect` ends a client, each with its policy, and need all of it; the authorizer needs nothing",
  async () => {
    const cloud = await startIotCloud();
    await story(cloud);
    const [clientId = ""] = cloud.iotCore.clientIds();
    expect(await cloud.disconnect(clientId)).toBe(true);
    for (const role of [cloud.publishing, cloud.grants, cloud.disconnecting]) {
      expect(role.denied).toEqual([]);
      expect(unusedOf(role)).toEqual([]);
    }
    expect(cloud.nobody.needs).toEqual([]);
  },
  LIMIT_MS,
);

it(
  "S19: on AppSync Events a publisher publishes and keeps, and grants resume, each with its policy, and need all of it; the authorizer needs nothing",
  async () => {
    const cloud = await startAppSyncCloud();
    await story(cloud);
    for (const role of [cloud.publishing, cloud.grants]) {
      expect(role.denied).toEqual([]);
      expect(unusedOf(role)).toEqual([]);
    }
    expect(cloud.nobody.needs).toEqual([]);
  },
  LIMIT_MS,
);
