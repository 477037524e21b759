import { WebSocket } from "ws";
import { createPingClient } from "./src/client.ts";
import { writeNews } from "./src/outbox.ts";

const ROOM = "red";

/**
 * One event by the outbox: it is written, the table's stream brings it to its handler, and that posts it.
 *
 * @returns whether it arrived once, under the id that it was written with
 */
export async function runNews(
  url: string,
  stream: { idle(): Promise<void> },
  print: (line: string) => void,
): Promise<boolean> {
  const { client, close } = createPingClient({
    url,
    token: "alice-token",
    WebSocket: WebSocket as never,
  });
  const received: { readonly id: string; readonly data: string }[] = [];
  await new Promise<void>((resolve, reject) => {
    client.onNews.subscribe(
      { room: ROOM },
      {
        onStarted: () => resolve(),
        onError: reject,
        onData: (event) => received.push(event),
      },
    );
  });
  print(`\nconnected   alice listens to the news of room ${ROOM}`);
  const { eventId } = await writeNews(ROOM, "written, not posted");
  print(`written     event ${eventId} to the outbox`);
  await stream.idle();
  // Behind the answer to a query nothing older is on its way.
  await client.whoAmI.query();
  await close();
  const isRight = received.length === 1 && received[0]?.id === eventId;
  print(`received    ${received.map(({ id }) => `event ${id}`).join(", ") || "nothing"}`);
  return isRight;
}
