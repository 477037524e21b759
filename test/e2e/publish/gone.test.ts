import { initTRPC } from "@trpc/server";
import {
  initSubscriptions,
  type PublisherErrorHandler,
  type Store,
  WrongEndpointError,
} from "trpc-aws-subscriptions";
import { startGateway } from "trpc-aws-subscriptions/local";
import { expect, it, onTestFinished } from "vitest";
import type { Plan } from "../../contract/observe.ts";
import { clientVersions, record } from "../client.ts";
import { gatewayClient } from "../stack.ts";
import { addRows, startWorld, type WorldOptions } from "./world.ts";

const subscriptions = initSubscriptions();
const t = initTRPC.context<object>().create();
const router = t.router({
  onMessage: t.procedure.subscription(subscriptions.resolver<string>()),
  onOther: t.procedure.subscription(subscriptions.resolver<string>()),
});
const buildChain = (store: Store) => subscriptions.router({ router }).store({ store });

async function start(options: WorldOptions = {}) {
  const failures: Parameters<PublisherErrorHandler>[0][] = [];
  const onError: PublisherErrorHandler = (failure) => void failures.push(failure);
  const world = await startWorld(buildChain, { ...options, publisher: { onError } });
  const { publish } = world.publisher.routes.onMessage;
  /** Connection ids of the routes in the table, each as often as it is there. */
  const routed = async () =>
    (await world.table.routeRows()).map(({ sk }) => sk.split("#")[1]).toSorted();
  return { ...world, failures, publish, routed };
}

/** Ids of connections that the gateway never had. */
const lost = (count: number) => Array.from({ length: count }, (_, index) => `lost${index}`);

it.each(clientVersions)(
  "C6 L1: a connection that is gone is removed whole, the others stay (client %s)",
  async (version) => {
    const { join, store, publish, failures, routed, calls, publisher } = await start();
    const subscribers = Array.from({ length: 5 }, () => {
      const { client, connectionId } = join({}, version);
      const recording = record<string>((on) => client.onMessage.subscribe(undefined, on));
      return { ...recording, connectionId };
    });
    await Promise.all(subscribers.map(({ started }) => started));
    const alive = await Promise.all(subscribers.map(({ connectionId }) => connectionId));
    for (const connectionId of lost(3)) {
      await addRows(store, { connectionId, path: "onMessage", ids: [1, "2"] });
      await addRows(store, { connectionId, path: "onOther", ids: [3, 4] });
    }
    const report = await publish({ data: "hi" });
    expect(report).toEqual({ matched: 11, delivered: 5, gone: 6, failed: 0, complete: true });
    expect(failures).toEqual([]);
    expect(await routed()).toEqual(alive.toSorted());
    for (const id of lost(3)) expect(await store.getConnection(id)).toBeUndefined();
    for (const id of alive) expect(await store.getConnection(id)).toBeDefined();
    expect(await publisher.routes.onOther.count()).toBe(0);
    const again = await publish({ data: "end" });
    expect(again).toEqual({ matched: 5, delivered: 5, gone: 0, failed: 0, complete: true });
    for (const one of subscribers) expect(await one.received(2)).toEqual(["hi", "end"]);
    expect(calls.map(({ command }) => command)).not.toContain("ScanCommand");
  },
);

it("a wrong endpoint: every one of 25 posts says 410, nothing is removed, onError is told", async () => {
  const elsewhere = await startGateway({ handlers: {} });
  const client = gatewayClient(elsewhere.endpoint);
  onTestFinished(async () => {
    await elsewhere.stop();
    client.destroy();
  });
  const { store, calls, routed } = await start();
  for (const connectionId of lost(25)) {
    await addRows(store, { connectionId, path: "onMessage", ids: [1] });
  }
  const failures: Parameters<PublisherErrorHandler>[0][] = [];
  const chain = buildChain(store);
  const publisher = chain.publisher({
    endpoint: elsewhere.endpoint,
    client,
    onError: (failure) => void failures.push(failure),
  });
  const before = calls.length;
  const report = await publisher.routes.onMessage.publish({ data: "hi" });
  expect(report).toEqual({ matched: 25, delivered: 0, gone: 25, failed: 0, complete: true });
  expect(calls.slice(before).map(({ command }) => command)).toEqual(["QueryCommand"]);
  expect((await routed()).length).toBe(25);
  for (const id of lost(25)) expect(await store.getConnection(id)).toBeDefined();
  expect(failures).toEqual([{ error: expect.any(WrongEndpointError), path: "onMessage" }]);
  expect(failures[0]?.error).toMatchObject({ gone: 25, posted: 25 });
});

it("C9: a clean-up that fails is reported, and everybody else gets the message", async () => {
  const refuse = new Error("no delete today");
  let isOn = false;
  const plan: Plan = ({ command, input }) =>
    isOn && command === "BatchWriteItemCommand" && JSON.stringify(input).includes("DeleteRequest")
      ? { refuse }
      : undefined;
  const { join, store, publish, failures, routed } = await start({ plan });
  const { client, connectionId } = join();
  const subscriber = record<string>((on) => client.onMessage.subscribe(undefined, on));
  await subscriber.started;
  for (const id of lost(2)) await addRows(store, { connectionId: id, path: "onMessage", ids: [1] });
  isOn = true;
  const report = await publish({ data: "hi" });
  expect(report).toEqual({ matched: 3, delivered: 1, gone: 2, failed: 0, complete: true });
  expect(await subscriber.received(1)).toEqual(["hi"]);
  expect(failures).toEqual([{ error: refuse, path: "onMessage" }]);
  expect(await routed()).toEqual([await connectionId, ...lost(2)].toSorted());
  isOn = false;
  expect(await publish({ data: "end" })).toMatchObject({ delivered: 1, gone: 2 });
  expect(await routed()).toEqual([await connectionId]);
});

it("R6: what arrives after a clean-up brings no row back", async () => {
  const { join, gateway, store, publish, table } = await start({
    gateway: { dropDisconnect: () => true },
  });
  const { client, connectionId } = join();
  const subscriber = record<string>((on) => client.onMessage.subscribe(undefined, on));
  await subscriber.started;
  const id = await connectionId;
  await store.disconnect(id);
  const second = record<string>((on) => client.onOther.subscribe(undefined, on));
  expect(await second.failed()).toMatchObject({ data: { code: "UNAUTHORIZED" } });
  expect(await publish({ data: "hi" })).toMatchObject({ matched: 0 });
  await gateway.settled();
  expect(await table.routeRows()).toEqual([]);
  expect(await store.getConnection(id)).toBeUndefined();
});
