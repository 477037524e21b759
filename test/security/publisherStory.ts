import { randomBytes } from "node:crypto";
import { WrongEndpointError } from "trpc-aws-subscriptions";
import { expect } from "vitest";
import { addRows } from "../e2e/publish/world.ts";
import { type RawSocket, started, stopped, valuesOf } from "../e2e/wire/rawSocket.ts";
import type { ChatPublisher } from "./chat.ts";
import type { Cloud } from "./cloud.ts";

const byUser = (userId: string) => ({ name: "byUser", ctx: { userId } }) as const;
const byRoom = (room: string) => ({ name: "byRoom", input: { room } }) as const;

/** Too large for a message of the queue: random text does not get smaller. */
export const largeText: string = randomBytes(60_000).toString("base64url");

/** Posts that make a publisher doubt its endpoint. */
const SUSPICIOUS = 20;

/** Alice and Bob, who listen to a room each way. */
export async function audience({ open }: Cloud): Promise<{ alice: RawSocket; bob: RawSocket }> {
  const join = async (user: string): Promise<RawSocket> => {
    const socket = await open(user);
    socket.subscribe(1, "onMessage", { room: "red" });
    socket.subscribe(2, "onHooked", { room: "red" });
    await Promise.all([socket.next(started(1)), socket.next(started(2))]);
    return socket;
  };
  const [alice, bob] = await Promise.all([join("alice"), join("bob")]);
  return { alice, bob };
}

/** Somebody whose socket is gone and whose `$disconnect` was lost; of two subscriptions a publish finds one. */
export async function addLost({ store, faults }: Cloud): Promise<void> {
  const connectionId = "lost=";
  faults.set(connectionId, { statusCode: 410 });
  const filters = ["name#byRoom#input#room#red#"];
  await addRows(store, { connectionId, path: "onMessage", ids: [1], filters });
  await addRows(store, { connectionId, path: "onHooked", ids: [2], filters });
}

/** Publishes in every way to {@link audience}, and counts it. */
export async function publishStory(cloud: Cloud, { routes }: ChatPublisher): Promise<void> {
  const { alice, bob } = await audience(cloud);
  await addLost(cloud);
  const both = { matched: 2, delivered: 2, gone: 0, failed: 0, complete: true };
  const { onMessage, onHooked } = routes;
  expect(await onMessage.publish({ data: "1", filter: byRoom("red") })).toEqual({
    ...{ ...both, matched: 3, gone: 1 },
  });
  // That took away the other one too.
  expect(await onHooked.publish({ data: "h", filter: byRoom("red") })).toEqual(both);
  expect(await onMessage.publish({ data: "2", filter: [byUser("alice"), byRoom("red")] })).toEqual(
    both,
  );
  expect(await onMessage.publish({ data: "3" })).toEqual(both);
  expect(await onMessage.count()).toBe(2);
  expect(await onMessage.count([byUser("bob"), byRoom("red")])).toBe(2);
  await Promise.all([alice.sync(), bob.sync()]);
  expect(valuesOf(alice, 1)).toEqual(["1", "2", "3"]);
  expect(valuesOf(bob, 2)).toEqual(["welcome bob", "h for bob"]);
  expect(cloud.errors).toEqual([]);
  await doubtStory(cloud, { routes });
}

/** Nearly all posts are answered with 410: nothing is removed. */
async function doubtStory(
  { store, errors, table }: Cloud,
  { routes }: Pick<ChatPublisher, "routes">,
): Promise<void> {
  const ids = Array.from({ length: SUSPICIOUS }, (_, index) => `nobody${index}=`);
  await Promise.all(
    ids.map((connectionId) => addRows(store, { connectionId, path: "onMessage", ids: [1] })),
  );
  const before = (await table.routeRows()).length;
  expect(await routes.onMessage.publish({ data: "4" })).toMatchObject({ gone: SUSPICIOUS });
  expect(await table.routeRows()).toHaveLength(before);
  expect(errors.splice(0)).toEqual([expect.any(WrongEndpointError)]);
  await Promise.all(ids.map((connectionId) => store.disconnect(connectionId)));
}

/** A publish without time leaves a cursor, which is gone on with. */
export async function cursorStory({ routes, resume }: ChatPublisher): Promise<void> {
  const cut = await routes.onMessage.publish({ data: "5", deadlineMs: 0 });
  expect(cut).toMatchObject({ delivered: 0, complete: false });
  expect(await resume(cut.cursor ?? "")).toMatchObject({ delivered: 2, complete: true });
}

/** Ends a subscription, the connections that match, and one connection. */
export async function endStory(cloud: Cloud, publisher: ChatPublisher): Promise<void> {
  const { onMessage } = publisher.routes;
  const carol = await cloud.open("carol");
  carol.subscribe(1, "onMessage", { room: "blue" });
  await carol.next(started(1));
  expect(await onMessage.complete(byRoom("blue"))).toMatchObject({ matched: 1, delivered: 1 });
  await carol.next(stopped(1));
  expect(await onMessage.disconnect(byUser("bob"))).toMatchObject({ matched: 1, delivered: 1 });
  await publisher.disconnect(cloud.connectionOf("alice"));
  expect(await onMessage.publish({ data: "6" })).toMatchObject({ matched: 0 });
  expect(cloud.errors).toEqual([]);
}
