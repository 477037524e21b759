import { once } from "node:events";
import { WebSocket } from "ws";
import { pingRoom } from "./src/sendPing.ts";

const CROWD = 200;
const ROOM = "stadium";

/** One of the crowd: a bare socket that says what a stock client would. */
interface Fan {
  readonly texts: readonly string[];
  /** Resolves when everything sent to it before has arrived. */
  settle(): Promise<void>;
  close(): void;
}

async function join(url: string): Promise<Fan> {
  const socket = new WebSocket(`${url}?token=alice-token`);
  const texts: string[] = [];
  const answered = new Map<number, () => void>();
  socket.on("message", (message) => {
    const { id, result } = JSON.parse(String(message));
    if (id === 1 && result.type === "data") texts.push(result.data.text);
    else answered.get(id)?.();
  });
  const ask = (id: number, method: string, params: object): Promise<void> =>
    new Promise((resolve) => {
      answered.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
  await once(socket, "open");
  await ask(1, "subscription", { path: "onPing", input: { room: ROOM } });
  return {
    texts,
    settle: () => ask(2, "query", { path: "whoAmI" }),
    close: () => socket.close(),
  };
}

/**
 * One publish to more subscribers than it posts to itself: the queue's worker does the rest.
 *
 * @returns whether everybody got it once
 */
export async function runCrowd(
  url: string,
  queue: { idle(): Promise<void> },
  print: (line: string) => void,
): Promise<boolean> {
  const crowd = await Promise.all(Array.from({ length: CROWD }, () => join(url)));
  print(`\nconnected   ${CROWD} listen in room ${ROOM}`);
  const report = await pingRoom(ROOM, "goal");
  print(
    `published   "goal" for the room ${ROOM}: ${report.delivered} posted at once, the rest queued`,
  );
  await queue.idle();
  await Promise.all(crowd.map((fan) => fan.settle()));
  const once = crowd.filter(({ texts }) => texts.length === 1).length;
  for (const fan of crowd) fan.close();
  print(`received    by ${once} of ${CROWD}, once each`);
  return once === CROWD && report.queued === true;
}
