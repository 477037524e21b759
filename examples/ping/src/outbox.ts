import { appSubscriptions } from "./handlers.ts";

const outbox = appSubscriptions.outbox();

/** To everybody in a room: one write to the table, and nothing is posted here. */
export function writeNews(room: string, text: string) {
  return outbox.routes.onNews.publish({ data: text, filter: { name: "room", input: { room } } });
}

/** The Lambda function of the table's stream: posts what was written. */
export const stream = appSubscriptions.streamHandler({
  endpoint: process.env["WEBSOCKET_ENDPOINT"] ?? "",
  onReport: ({ eventId, delivered, gone, failed }) => {
    process.stdout.write(
      `stream      event ${eventId}: delivered ${delivered}, gone ${gone}, failed ${failed}\n`,
    );
  },
  onError: ({ error }) => {
    process.stderr.write(`stream: ${error.message}\n`);
  },
});
