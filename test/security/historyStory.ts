import { expect } from "vitest";
import { idAt } from "../e2e/history/feed.ts";
import { failed, type RawSocket, started, valuesOf } from "../e2e/wire/rawSocket.ts";
import type { ChatPublisher } from "./chat.ts";
import type { Cloud } from "./cloud.ts";

const HOUR_MS = 60 * 60 * 1000;
const inHall = { name: "byRoom", input: { room: "hall" } } as const;

/** Subscribes as a client does that comes back. */
function resume(
  socket: RawSocket,
  id: number,
  { path = "onFeed", ...params }: { path?: string; room: string; lastEventId: string },
): void {
  const { room, lastEventId } = params;
  socket.send({ id, method: "subscription", params: { path, input: { room }, lastEventId } });
}

/** Publishes on routes with history in every way, to somebody who comes later, and who comes after hours. */
export async function historyStory(cloud: Cloud, publisher: ChatPublisher): Promise<void> {
  const { onFeed, onOwnFeed } = publisher.routes;
  const lastEventId = publisher.cursor();
  await onFeed.publish({ data: "1", filter: inHall });
  await onFeed.publish({
    data: "2",
    filter: [{ name: "byUser", ctx: { userId: "emma" } }, inHall],
  });
  const named = { data: "3", filter: inHall, key: "order 3" };
  const { eventId } = await onFeed.publish(named);
  expect(await onFeed.publish(named)).toMatchObject({ eventId, repeated: true });
  await onOwnFeed.publish({ data: "own", filter: inHall });

  const dora = await cloud.open("dora");
  resume(dora, 1, { room: "hall", lastEventId });
  resume(dora, 2, { path: "onOwnFeed", room: "hall", lastEventId });
  await Promise.all([dora.next(started(1)), dora.next(started(2))]);
  const dataOf = (id: number) =>
    valuesOf(dora, id).map((event) => Reflect.get(Object(event), "data"));
  expect([dataOf(1), dataOf(2)]).toEqual([["1", "2", "3"], ["own for dora"]]);

  // Nothing was published since, which is noted; and whether it was is looked up.
  resume(dora, 3, { room: "attic", lastEventId: idAt(Date.now() - 3 * HOUR_MS) });
  await dora.next(started(3));
  resume(dora, 4, { room: "attic", lastEventId: idAt(Date.now() - 6 * HOUR_MS) });
  expect((await dora.next(failed(4))).error?.data.code).toBe("PRECONDITION_FAILED");
  await dora.close();
  await cloud.gateway.settled();
  expect(cloud.errors.splice(0).map(({ message }) => message)).toEqual([
    expect.stringContaining("events after lastEventId cannot be sent"),
  ]);
}

/** What `onError` is told of a post that a test answers with 403. */
export const isForbidden = (error: Error): boolean => Reflect.get(error, "failure") === "forbidden";

/** An event cannot be posted to somebody, so their connection is closed. */
export async function fenceStory(
  cloud: Cloud,
  { routes: { onFeed } }: Pick<ChatPublisher, "routes">,
  idle: () => Promise<void> = async () => undefined,
): Promise<void> {
  const fred = await cloud.open("fred");
  fred.subscribe(1, "onFeed", { room: "hall" });
  await fred.next(started(1));
  cloud.faults.set(cloud.connectionOf("fred"), { statusCode: 403 });
  await onFeed.publish({ data: "lost", filter: inHall });
  await idle();
  await fred.closed;
  expect(await onFeed.count()).toBe(0);
  // A worker has no `onError` here.
  expect(cloud.errors.splice(0).filter((error) => !isForbidden(error))).toEqual([]);
}
