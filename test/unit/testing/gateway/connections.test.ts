import { ConnectionRefusedError } from "trpc-aws-subscriptions/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { deferred } from "../../../e2e/deferred.ts";
import { openChat, tokenGate } from "./chatApp.ts";

let gateway: ReturnType<typeof openChat>;

beforeEach(() => {
  gateway = openChat();
});
afterEach(async () => {
  await gateway.close();
  expect(gateway.store.countRoutes()).toBe(0);
});

const as = (user: string) => gateway.connect({ query: { user } });

it("is refused as the handshake is, with the reason", async () => {
  const refused: unknown = await gateway.connect().catch((error) => error);
  expect(refused).toBeInstanceOf(ConnectionRefusedError);
  expect(refused).toMatchObject({
    statusCode: 401,
    message: "connect(): the handshake was answered with 401: no user",
    cause: { code: "UNAUTHORIZED" },
  });
  expect(gateway.errors).toMatchObject([{ from: "$connect" }]);
  await gateway.settled();
  expect(gateway.connectionIds()).toEqual([]);
});

it("may be given its session, and authorize is not asked", async () => {
  const alice = await gateway.connect({ session: { userId: "alice" } });
  expect(await alice.client.whoAmI.query()).toBe("alice");
});

it("that is dropped comes back with its subscriptions", async () => {
  const alice = await as("alice");
  const alerts = await gateway.listen(alice.client.onAlert);
  const before = alice.connectionId;
  alice.drop();
  await gateway.settled();
  expect(alice.connectionId).not.toBe(before);
  expect(gateway.store.countRoutes()).toBe(1);
  await gateway.publisher.routes.onAlert.publish({ data: "again" });
  expect(await alerts.next()).toBe("again");
});

it("that is offline misses what is published, and nothing after it", async () => {
  const alice = await as("alice");
  const alerts = await gateway.listen(alice.client.onAlert);
  alice.goOffline();
  await gateway.settled();
  expect(alice.connectionId).toBeUndefined();
  const missed = await gateway.publisher.routes.onAlert.publish({ data: "missed" });
  expect(missed.matched).toBe(0);
  alice.goOnline();
  await gateway.settled();
  await gateway.publisher.routes.onAlert.publish({ data: "seen" });
  await gateway.settled();
  expect(alerts.received).toEqual(["seen"]);
});

it("whose $disconnect is lost is found to be gone by the next publish", async () => {
  const alice = await as("alice");
  await gateway.listen(alice.client.onAlert);
  alice.goOffline({ disconnect: false });
  await gateway.settled();
  expect(gateway.store.countRoutes()).toBe(1);
  const report = await gateway.publisher.routes.onAlert.publish({ data: "into the void" });
  expect(report).toMatchObject({ matched: 1, gone: 1 });
  expect(gateway.store.countRoutes()).toBe(0);
});

it("cannot be dropped twice at once", async () => {
  const alice = await as("alice");
  alice.drop();
  expect(() => alice.drop()).toThrow("drop(): there is no open socket.");
});

it("closes while it is offline", async () => {
  const alice = await as("alice");
  alice.goOffline();
  await gateway.settled();
  await alice.close();
  await gateway.settled();
  expect(gateway.connectionIds()).toEqual([]);
});

it("closes although an answer does not come, and the gateway says which", async () => {
  const never = deferred();
  tokenGate.open = never.promise;
  const alice = await as("alice");
  const answer = alice.client.slow.query().catch((error: unknown) => error);
  const problem = /not at rest after 50 ms.*\$default of .*"path":"slow"/s;
  await expect(gateway.settled({ timeoutMs: 50 })).rejects.toThrow(problem);
  await expect(gateway.close({ timeoutMs: 50 })).rejects.toThrow(problem);
  expect(await answer).toBeInstanceOf(Error);
  expect(gateway.connectionIds()).toEqual([]);
  never.resolve();
});
