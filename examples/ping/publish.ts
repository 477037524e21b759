/**
 * Publishes to the ping example from a terminal; `npm run start:ping` prints the line to call it with.
 *
 * npm run ping -- <user | *> <room | *> <text>
 */
import process from "node:process";

const [userId, room, ...words] = process.argv.slice(2);
const text = words.join(" ");
if (userId === undefined || room === undefined || text === "") {
  process.stderr.write("usage: npm run ping -- <user | *> <room | *> <text>\n");
  process.exit(2);
}

// Loads the handlers' module, which reads the environment.
const { pingEverybody, pingRoom, pingUser, pingUserInRoom } = await import("./src/sendPing.ts");

function send(to: { userId: string; room: string }) {
  if (to.userId === "*") return to.room === "*" ? pingEverybody(text) : pingRoom(to.room, text);
  return to.room === "*" ? pingUser(to.userId, text) : pingUserInRoom(to, text);
}

const report = await send({ userId, room });
process.stdout.write(`${JSON.stringify(report)}\n`);
