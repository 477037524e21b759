import { tracked } from "@trpc/server";
import { NotReceivedError } from "trpc-aws-subscriptions/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

it("reach whom a filter addresses, and nobody else", async () => {
  const [alice, bob] = [await as("alice"), await as("bob")];
  const hers = await gateway.listen(alice.client.onMessage, { room: "red" });
  const his = await gateway.listen(bob.client.onMessage, { room: "red" });
  const message = { text: "for alice", at: new Date(0) };
  const report = await gateway.publisher.routes.onMessage.publish({
    data: message,
    filter: { name: "user", ctx: { userId: "alice" } },
  });
  expect(report).toMatchObject({ matched: 1, delivered: 1 });
  expect(await hers.next()).toEqual(message);
  await gateway.settled();
  expect(his.received).toEqual([]);
  expect(hers.received).toEqual([message]);
  expect(gateway.errors).toEqual([]);
});

it("are given in order, those that came before next() too", async () => {
  const { client } = await as("alice");
  const alerts = await gateway.listen(client.onAlert);
  for (const data of ["1", "2"]) await gateway.publisher.routes.onAlert.publish({ data });
  const third = Promise.all([alerts.next(), alerts.next(), alerts.next()]);
  await gateway.publisher.routes.onAlert.publish({ data: "3" });
  expect(await third).toEqual(["1", "2", "3"]);
});

it("include what onStart yields, and leave out what onData drops", async () => {
  const { client } = await as("alice");
  const counts = await gateway.listen(client.onCount);
  await gateway.publisher.routes.onCount.publish({ data: -1 });
  await gateway.publisher.routes.onCount.publish({ data: 1 });
  expect([await counts.next(), await counts.next()]).toEqual([0, 1]);
});

it("come through lazy routers, and tracked", async () => {
  const { client } = await as("alice");
  const notes = await gateway.listen(client.later.onNote);
  const events = await gateway.listen(client.onTracked);
  await gateway.publisher.routes.later.onNote.publish({ data: "note" });
  await gateway.publisher.routes.onTracked.publish({ data: tracked("e1", "event") });
  expect(await notes.next()).toBe("note");
  expect(await events.next()).toEqual({ id: "e1", data: "event" });
});

it("of a plain generator come as they are yielded, then its end", async () => {
  const last = deferred();
  tokenGate.open = last.promise;
  const { client } = await as("alice");
  const tokens = await gateway.listen(client.tokens);
  expect(await tokens.next()).toBe("first");
  await expect(gateway.settled({ timeoutMs: 20 })).rejects.toThrow(
    /not at rest after 20 ms.*\$default of .*"path":"tokens"/s,
  );
  last.resolve();
  expect(await tokens.next()).toBe("last");
  await tokens.ended();
  await expect(tokens.next()).rejects.toThrow("the subscription has ended, nothing follows");
});

it("beside queries and mutations over the same socket", async () => {
  const { client } = await as("alice");
  expect(await Promise.all([client.whoAmI.query(), client.echo.mutate("hi")])).toEqual([
    "alice",
    "hi",
  ]);
});

it("stop with the subscription", async () => {
  const { client } = await as("alice");
  const alerts = await gateway.listen(client.onAlert);
  alerts.unsubscribe();
  await gateway.settled();
  expect(gateway.store.countRoutes()).toBe(0);
  const report = await gateway.publisher.routes.onAlert.publish({ data: "nobody" });
  expect(report.matched).toBe(0);
  expect(alerts.received).toEqual([]);
});

it("end when the server completes or disconnects", async () => {
  const { client } = await as("alice");
  const alerts = await gateway.listen(client.onAlert);
  await gateway.publisher.routes.onAlert.complete();
  await alerts.ended();
  const before = gateway.connectionIds();
  await gateway.publisher.disconnect(before[0] ?? "");
  await gateway.settled();
  expect(gateway.connectionIds()).toHaveLength(1);
  expect(gateway.connectionIds()).not.toEqual(before);
});

describe("what does not arrive", () => {
  it("is told with what did, and with what publishers can find", async () => {
    const { client } = await as("alice");
    const messages = await gateway.listen(client.onMessage, { room: "red" });
    await gateway.publisher.routes.onMessage.publish({
      data: { text: "hi", at: new Date(0) },
      filter: { name: "room", input: { room: "red" } },
    });
    await messages.next();
    const failure: unknown = await messages.next({ timeoutMs: 5 }).catch((error) => error);
    expect(failure).toBeInstanceOf(NotReceivedError);
    expect(failure).toMatchObject({
      received: [{ text: "hi" }],
      routes: expect.arrayContaining([
        expect.stringMatching(/^path#onMessage \| name#room#input#room#red#connection#/),
      ]),
    });
    expect(String(failure)).toMatch(/no message within 5 ms.*"text":"hi".*name#room#input/s);
  });

  it("leaves nothing that a later message could be lost to", async () => {
    const { client } = await as("alice");
    const alerts = await gateway.listen(client.onAlert);
    await expect(alerts.next({ timeoutMs: 1 })).rejects.toThrow(NotReceivedError);
    await gateway.publisher.routes.onAlert.publish({ data: "late" });
    expect(await alerts.next()).toBe("late");
  });
});
