import { createTestGateway } from "trpc-aws-subscriptions/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createPingClient } from "./src/client.ts";
import { appSubscriptions, connect, disconnect, handler } from "./src/handlers.ts";
import { publisher } from "./src/publisher.ts";
import { pingEverybody, pingRoom, pingUser, pingUserInRoom } from "./src/sendPing.ts";

// The app's publisher posts to AWS; in its place every test puts the one of its gateway.
vi.mock(import("./src/publisher.ts"), () => ({ publisher: {} as typeof publisher }));

const openGateway = () => createTestGateway(appSubscriptions, { connect, disconnect, handler });
let gateway: ReturnType<typeof openGateway>;

beforeEach(() => {
  gateway = openGateway();
  Object.assign(publisher, gateway.publisher);
});
afterEach(() => gateway.close());

/** A user in a room, with the client of the app. */
async function listenIn(room: string, token: string) {
  const { client } = await gateway.connect({
    createClient: (socket) => createPingClient({ ...socket, token }),
  });
  return gateway.listen(client.onPing, { room });
}

test("a ping reaches those it is for, and nobody else", async () => {
  const aliceRed = await listenIn("red", "alice-token");
  const aliceBlue = await listenIn("blue", "alice-token");
  const bobRed = await listenIn("red", "bob-token");
  await pingUserInRoom({ userId: "alice", room: "red" }, "for alice in red");
  await pingUser("alice", "for alice");
  await pingRoom("red", "for red");
  await pingEverybody("for all");
  await gateway.settled(); // what has not arrived by now will not arrive
  const texts = [aliceRed, aliceBlue, bobRed].map(({ received }) =>
    received.map(({ text }) => text),
  );
  expect(texts).toEqual([
    ["for alice in red", "for alice", "for red", "for all"],
    ["for alice", "for all"],
    ["for red", "for all"],
  ]);
});

test("the socket knows who its user is", async () => {
  const bob = await gateway.connect({ query: { token: "bob-token" } });
  expect(await bob.client.whoAmI.query()).toBe("bob");
});

test("a client without a token is refused", async () => {
  await expect(gateway.connect()).rejects.toMatchObject({ statusCode: 401 });
});

test("a client that lost its connection comes back", async () => {
  const alice = await gateway.connect({ query: { token: "alice-token" } });
  const pings = await gateway.listen(alice.client.onPing, { room: "red" });
  alice.drop();
  await gateway.settled();
  await pingUser("alice", "again");
  expect(await pings.next()).toMatchObject({ text: "again" });
});
