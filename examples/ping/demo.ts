import { WebSocket } from "ws";
import { createPingClient } from "./src/client.ts";
import { pingEverybody, pingRoom, pingUser, pingUserInRoom } from "./src/sendPing.ts";

/** A subscriber of the demo with what it received. */
interface Listener {
  readonly userId: string;
  readonly room: string;
  readonly texts: readonly string[];
  /** Resolves when everything sent to this client before has arrived. */
  settle(): Promise<void>;
  close(): void;
}

/** Connects a stock client and subscribes; resolves at the server's `started`. */
async function listen(url: string, userId: string, room: string): Promise<Listener> {
  const { client, close } = createPingClient({
    url,
    token: `${userId}-token`,
    WebSocket: WebSocket as never,
  });
  const texts: string[] = [];
  await new Promise<void>((resolve, reject) => {
    client.onPing.subscribe(
      { room },
      {
        onStarted: () => resolve(),
        onError: reject,
        onData: ({ text }) => texts.push(text),
      },
    );
  });
  return {
    userId,
    room,
    texts,
    // Frames of one socket arrive in order: behind the answer to a query nothing older is on its way.
    async settle() {
      await client.whoAmI.query();
    },
    close,
  };
}

/** One publish of the demo: the call, and the reason by which each listener gets it or not. */
interface Step {
  readonly text: string;
  readonly call: string;
  send(text: string): Promise<{ readonly matched: number; readonly delivered: number }>;
  /** Empty when the listener is addressed, or else why it is not. */
  whyNot(listener: Listener): string;
}

const steps: readonly Step[] = [
  {
    text: "for alice in red",
    call: 'filter: { name: "userAndRoom", ctx: { userId: "alice" }, input: { room: "red" } }',
    send: (text) => pingUserInRoom({ userId: "alice", room: "red" }, text),
    whyNot: ({ userId, room }) =>
      userId !== "alice" ? `the user is ${userId}` : room !== "red" ? `the room is ${room}` : "",
  },
  {
    text: "for bob, whatever room",
    call: 'filter: { name: "userAndRoom", ctx: { userId: "bob" } }',
    send: (text) => pingUser("bob", text),
    whyNot: ({ userId }) => (userId === "bob" ? "" : `the user is ${userId}`),
  },
  {
    text: "for the room red",
    call: 'filter: { name: "room", input: { room: "red" } }',
    send: (text) => pingRoom("red", text),
    whyNot: ({ room }) => (room === "red" ? "" : `the room is ${room}`),
  },
  {
    text: "for everybody",
    call: "no filter",
    send: (text) => pingEverybody(text),
    whyNot: () => "",
  },
];

/**
 * Two users in two rooms, four publishes; prints who got what and why the others did not.
 *
 * @returns whether everybody got exactly what was theirs
 */
export async function runDemo(url: string, print: (line: string) => void): Promise<boolean> {
  const listeners = [
    await listen(url, "alice", "red"),
    await listen(url, "alice", "blue"),
    await listen(url, "bob", "red"),
  ];
  for (const { userId, room } of listeners) print(`connected   ${userId} listens in room ${room}`);
  let isRight = true;
  for (const { text, call, send, whyNot } of steps) {
    const report = await send(text);
    print(`\npublished   "${text}" with ${call}`);
    print(`            matched ${report.matched}, delivered ${report.delivered}`);
    await Promise.all(listeners.map((listener) => listener.settle()));
    for (const listener of listeners) {
      const copies = listener.texts.filter((received) => received === text).length;
      const reason = whyNot(listener);
      const expected = reason === "" ? 1 : 0;
      const outcome = copies === 0 ? "nothing" : copies === 1 ? "received" : `${copies} copies`;
      const note = copies === expected ? reason && `(${reason})` : "<- WRONG";
      if (copies !== expected) isRight = false;
      print(`  ${`${listener.userId}/${listener.room}`.padEnd(12)}${outcome} ${note}`.trimEnd());
    }
  }
  for (const listener of listeners) listener.close();
  print(
    isRight
      ? "\nEverybody got exactly what was theirs."
      : "\nSomebody got what was not theirs, or missed what was.",
  );
  return isRight;
}
