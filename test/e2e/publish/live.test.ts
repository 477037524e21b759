import { expect, it } from "vitest";
import { clientVersions, record } from "../client.ts";
import { deferred } from "../deferred.ts";
import { rooms } from "./rooms.ts";
import { startWorld } from "./world.ts";

const red = { name: "byRoom", input: { room: "red" } } as const;

it.each(clientVersions)(
  "at most once: what was published while a client was away is not sent to it later (client %s)",
  async (version) => {
    let isLocked: Promise<void> | undefined;
    const world = await startWorld(rooms, {
      gateway: {
        delay: ({ requestContext: { eventType } }) =>
          eventType === "CONNECT" ? isLocked : undefined,
      },
    });
    const { publish } = world.publisher.routes.onMessage;
    const { client } = world.join({ userId: "bob" }, version, { retryDelayMs: () => 0 });
    const bob = record<string>((on) => client.onMessage.subscribe({ room: "red" }, on));
    await bob.started;
    const { promise, resolve } = deferred();
    isLocked = promise;
    const [cut = ""] = world.gateway.connectionIds();
    await world.gateway.close(cut, 1001, "Going away");
    await world.seen((seen) => seen.type === "closed" && seen.connectionId === cut);
    const report = await publish({ data: "meanwhile", filter: red });
    expect(report).toMatchObject({ delivered: 0, failed: 0, complete: true });
    isLocked = undefined;
    resolve();
    const isStarted = (seen: { readonly type: string; readonly body?: string | undefined }) =>
      seen.type === "management" && seen.body?.includes('"started"') === true;
    await world.seen(isStarted, 2);
    await publish({ data: "back", filter: red });
    expect(await bob.received(1)).toEqual(["back"]);
  },
);

it("arrives twice when the answer to a post is lost, and the next one after both", async () => {
  let isFirst = true;
  const world = await startWorld(rooms, {
    gateway: {
      onPost: (_, body) => {
        if (!isFirst || !body.includes('"one"')) return undefined;
        isFirst = false;
        return { statusCode: 500, delivered: true };
      },
    },
  });
  const { publish } = world.publisher.routes.onMessage;
  const { client } = world.join({ userId: "bob" });
  const bob = record<string>((on) => client.onMessage.subscribe({ room: "red" }, on));
  await bob.started;
  expect(await publish({ data: "one", filter: red })).toMatchObject({ delivered: 1, failed: 0 });
  await publish({ data: "two", filter: red });
  expect(await bob.received(3)).toEqual(["one", "one", "two"]);
});
