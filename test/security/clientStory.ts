import { expect } from "vitest";
import { failed, type RawSocket, started, stopped } from "../e2e/wire/rawSocket.ts";
import type { Cloud } from "./cloud.ts";

/** The frame is the second of its kind that a socket got. */
const secondOf =
  (socket: RawSocket, isMeant: ReturnType<typeof started>): ReturnType<typeof started> =>
  (frame) =>
    frame === socket.frames.filter(isMeant)[1];

const red = { room: "red" };

/** A client asks for all that one can ask for, and is cut off. Returns when all of it was handled. */
export async function clientStory({
  open,
  faults,
  connectionOf,
  gateway,
  errors,
}: Cloud): Promise<void> {
  const socket = await open("alice", true);
  socket.send({ method: "connectionParams", data: { lang: "en" } });
  socket.send({ id: 1, method: "query", params: { path: "whoAmI" } });
  await socket.next(({ id, result }) => id === 1 && result?.data === "alice");
  socket.send("PING");
  await socket.text("PONG");
  // Two in one frame.
  socket.send(
    ["onMessage", "onHooked"].map((path, index) => ({
      id: 2 + index,
      method: "subscription",
      params: { path, input: red },
    })),
  );
  await Promise.all([socket.next(started(2)), socket.next(started(3))]);
  // An id that is used again: its tombstone is replaced.
  socket.unsubscribe(2);
  await socket.next(stopped(2));
  socket.subscribe(2, "onMessage", red);
  await socket.next(secondOf(socket, started(2)));
  // The connection counts as full; its subscriptions are counted again, and there is room for one.
  socket.subscribe(4, "onStream");
  await socket.next(({ id, result }) => id === 4 && result?.data === "first");
  socket.subscribe(5, "onMessage", red);
  expect((await socket.next(failed(5))).error?.data.code).toBe("TOO_MANY_REQUESTS");
  // The generator learns of it when it looks at the table the next time.
  socket.unsubscribe(4);
  await socket.next(stopped(4));
  await gateway.settled();
  await socket.close();
  await gateway.settled();
  expect(errors.splice(0).map(({ message }) => message)).toEqual([
    expect.stringContaining("which is the most it may have"),
  ]);

  // One whose end is noticed by an answer that meets 410.
  const lost = await open("lost");
  lost.subscribe(1, "onMessage", red);
  await lost.next(started(1));
  faults.set(connectionOf("lost"), { statusCode: 410 });
  lost.send({ id: 2, method: "query", params: { path: "whoAmI" } });
  await lost.sync();
  await gateway.settled();
  await lost.close();
  await gateway.settled();
}
