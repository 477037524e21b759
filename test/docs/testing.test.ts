import { createTestGateway } from "trpc-aws-subscriptions/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appSubscriptions, connect, disconnect, handler } from "./handlers.ts";

const open = () => createTestGateway(appSubscriptions, { connect, disconnect, handler });
let gateway: ReturnType<typeof open>;
beforeEach(() => {
  gateway = open();
});
afterEach(() => gateway.close());

test("a message reaches its user, and nobody else", async () => {
  const alice = await gateway.connect({ query: { token: "alice-token" } }); // asks authorize
  const bob = await gateway.connect({ session: { userId: "bob" } }); // or skips it
  const hers = await gateway.listen(alice.client.mySubscription, { name: "name1" });
  const his = await gateway.listen(bob.client.mySubscription, { name: "name1" });
  const publish = (data: string, userId: string) =>
    gateway.publisher.routes.mySubscription.publish({
      data,
      filter: { name: "userIdAndName", ctx: { userId }, input: { name: "name1" } },
    });

  await publish("hi", "alice");
  expect(await hers.next()).toBe("hi");
  await gateway.settled(); // what has not arrived by now will not arrive
  expect(his.received).toEqual([]);

  alice.drop(); // as a lost network does
  await gateway.settled(); // the client is back, its subscription too
  await publish("again", "alice");
  expect(await hers.next()).toBe("again");
});

test("who has no token is refused", async () => {
  await expect(gateway.connect()).rejects.toMatchObject({ statusCode: 401 });
});
