import { initTRPC, lazy } from "@trpc/server";
import { dynamodb, initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { clientVersions, record } from "../client.ts";
import { gatewayClient } from "../stack.ts";
import { started } from "./rawSocket.ts";
import { startWorld } from "./world.ts";

const subscriptions = initSubscriptions();
const t = initTRPC.create();

const room = (prefix: string) =>
  t.router({
    onMessage: t.procedure.input(z.object({ room: z.string() })).subscription(
      subscriptions.resolver<string>({
        onData: ({ data, input }) => `${prefix}/${JSON.stringify(input)}: ${data}`,
      }),
    ),
    last: t.procedure.query(() => `${prefix}: nothing yet`),
  });

/** Fresh loaders for each test: tRPC loads a lazy router once. */
function makeApp() {
  const load = vi.fn(async () => room("lazy"));
  const inner = t.router({ deep: lazy(load) });
  const router = t.router({
    chat: t.router({ room: room("nested") }),
    later: lazy(async () => inner),
  });
  const chain = (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.chat.room.onMessage.filter({ name: "room", input: { room: true } })
      .routes.later.deep.onMessage.filter({ name: "room", input: { room: true } });
  return { load, router, chain };
}

it.each(clientVersions)(
  "nested and lazy routers are subscribed and published to (client %s)",
  async (version) => {
    const { router, chain, load } = makeApp();
    const { client, publisher } = await startWorld(chain);
    expect(load, "a filter does not load the router it is for").not.toHaveBeenCalled();
    const { client: caller } = client<typeof router>(version);
    const nested = record<string>((on) => caller.chat.room.onMessage.subscribe({ room: "a" }, on));
    const later = record<string>((on) => caller.later.deep.onMessage.subscribe({ room: "a" }, on));
    await Promise.all([nested.started, later.started]);
    const filter = { name: "room", input: { room: "a" } } as const;
    await publisher.routes.chat.room.onMessage.publish({ data: "hi", filter });
    await publisher.routes.later.deep.onMessage.publish({ data: "ho", filter });
    expect(await nested.received(1)).toEqual(['nested/{"room":"a"}: hi']);
    expect(await later.received(1)).toEqual(['lazy/{"room":"a"}: ho']);
    expect(await caller.later.deep.last.query()).toBe("lazy: nothing yet");
  },
);

it("a cold publisher loads the lazy router that it publishes to, for its hooks", async () => {
  const { chain, load } = makeApp();
  const subscriber = await startWorld(chain);
  const socket = await subscriber.open();
  socket.subscribe(1, "later.deep.onMessage", { room: "a" });
  await socket.next(started(1));
  expect(load).toHaveBeenCalledOnce();

  const cold = makeApp();
  const { tableName, dynamoDBClient } = subscriber.table;
  const { endpoint } = subscriber.gateway;
  const client = gatewayClient(endpoint);
  onTestFinished(() => client.destroy());
  const publisher = cold
    .chain(dynamodb({ tableName, dynamoDBClient }))
    .publisher({ endpoint, client });
  const report = await publisher.routes.later.deep.onMessage.publish({ data: "ho" });
  expect(report).toMatchObject({ matched: 1, delivered: 1 });
  expect(cold.load).toHaveBeenCalledOnce();
  const { result } = await socket.next((frame) => frame.result?.type === "data");
  expect(result?.data).toBe('lazy/{"room":"a"}: ho');
});

it("subscriptions of a nested router are not those of its neighbour with a like path", async () => {
  const { chain } = makeApp();
  const { open, settle, publisher } = await startWorld(chain);
  const socket = await open();
  socket.subscribe(1, "chat.room.onMessage", { room: "a" });
  socket.subscribe(2, "later.deep.onMessage", { room: "a" });
  await settle(socket);
  expect(await publisher.routes.chat.room.onMessage.publish({ data: "x" })).toMatchObject({
    matched: 1,
  });
  await settle(socket);
  expect(socket.frames.filter(({ result }) => result?.type === "data").map(({ id }) => id)).toEqual(
    [1],
  );
});
