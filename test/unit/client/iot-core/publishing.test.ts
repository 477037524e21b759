import { expect, it } from "vitest";
import { AT_ALL, publisherAt, subscriberAt, withBrokers } from "./brokers.ts";
import { connect } from "./scriptedBroker.ts";

const UTF8 = new TextEncoder();

withBrokers();

it.each(AT_ALL)("publishes at %s (%s), whole and in order", async (...at) => {
  const other = await publisherAt(at);
  const got: string[] = [];
  other.on("message", (topic, payload) => got.push(`${topic} ${payload.toString()}`));
  await other.subscribeAsync("open/#", { qos: 1 });
  const { connection } = await subscriberAt(at);
  const large = "ü".repeat(60_000);
  await connection.publish("open/a", large);
  await Promise.all([connection.publish("open/b", ""), connection.publish("open/é", "\ufeff{}")]);
  // The broker answers in order.
  await connection.subscribe(["open/last"], { qos: 1 });
  await expect.poll(() => got.length, { timeout: 30_000 }).toBe(3);
  expect(got).toEqual([`open/a ${large}`, "open/b ", "open/é \ufeff{}"]);
});

it.each(AT_ALL)("hears the answer to a ping of %s (%s)", async (...at) => {
  const { connection, closed } = await subscriberAt(at);
  await Promise.all([connection.ping(), connection.ping()]);
  expect(closed).toEqual([]);
});

const CONNACK = { 4: [0x20, 2, 0, 0], 5: [0x20, 3, 0, 0, 0] } as const;

it.each([4, 5] as const)("writes a PUBLISH with QoS 1 as MQTT %s has it", async (version) => {
  const { socket, connecting } = connect(version);
  socket.receive(...CONNACK[version]);
  const connection = await connecting;
  const published = connection.publish("a/b", "é");
  const properties = version === 5 ? [0] : [];
  const body = [0, 3, ...UTF8.encode("a/b"), 0, 1, ...properties, ...UTF8.encode("é")];
  expect(socket.sent.at(-1)).toEqual([0x32, body.length, ...body]);
  socket.receive(0x40, 2, 0, 1);
  await published;
});

it("is told when the broker refuses a message, and goes on", async () => {
  const { socket, connecting, closed } = connect(5);
  socket.receive(...CONNACK[5]);
  const connection = await connecting;
  const [refused, taken] = [connection.publish("a", "1"), connection.publish("a", "2")];
  socket.receive(0x40, 4, 0, 1, 0x97, 0);
  socket.receive(0x40, 4, 0, 2, 0x10, 0);
  await expect(refused).rejects.toMatchObject({
    code: "BROKER_REFUSED",
    message: "the broker refused a message: reason 0x97",
  });
  await taken;
  expect(closed).toEqual([]);
});

it("is told of the end when no answer came, and of nothing that was not asked", async () => {
  const { socket, connecting, closed } = connect(5);
  socket.receive(...CONNACK[5]);
  const connection = await connecting;
  const published = connection.publish("a", "1");
  socket.receive(0x40, 2, 0, 9);
  await expect(published).rejects.toMatchObject({ code: "BROKER_CONNECTION" });
  expect(closed.map(({ message }) => message)).toEqual([
    "the broker answered packet 9, which was never sent",
  ]);
  await expect(connection.publish("a", "2")).rejects.toThrow("the connection is over");
});
