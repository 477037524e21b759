import { publisher } from "./publisher.ts";

function ping(text: string): { text: string; sentAt: string } {
  return { text, sentAt: new Date().toISOString() };
}

/** To one user in one room. */
export function pingUserInRoom(to: { userId: string; room: string }, text: string) {
  return publisher.routes.onPing.publish({
    data: ping(text),
    filter: { name: "userAndRoom", ctx: { userId: to.userId }, input: { room: to.room } },
  });
}

/** To one user, in whatever rooms they are. */
export function pingUser(userId: string, text: string) {
  return publisher.routes.onPing.publish({
    data: ping(text),
    filter: { name: "userAndRoom", ctx: { userId } },
  });
}

/** To everybody in a room. */
export function pingRoom(room: string, text: string) {
  return publisher.routes.onPing.publish({
    data: ping(text),
    filter: { name: "room", input: { room } },
  });
}

/** To everybody. */
export function pingEverybody(text: string) {
  return publisher.routes.onPing.publish({ data: ping(text) });
}

/** A Lambda function that publishes, for whatever invokes it. */
export const handler = (event: { readonly text: string }) => pingEverybody(event.text);
