import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { connectMqtt } from "../../../../src/client/iot-core/mqtt/connectMqtt.ts";
import {
  AT_ALL,
  AT_EMULATOR,
  clientOptions,
  publisherAt,
  startAnother,
  subscriberAt,
  withBrokers,
} from "./brokers.ts";

const WITH_QOS = AT_ALL.flatMap((at) => ([0, 1] as const).map((qos) => [...at, qos] as const));
/** Where it takes seconds. */
const ONE_VERSION_EACH = AT_ALL.filter(
  ([name, version]) => (name === "mosquitto") === (version === 4),
);
const LOST = { code: "BROKER_CONNECTION" };
const REFUSED = { code: "BROKER_REFUSED" };

withBrokers();

it.each(WITH_QOS)("receives at %s (%s), QoS %s, whole and in order", async (name, version, qos) => {
  const publisher = await publisherAt([name, version]);
  const { connection, received, until } = await subscriberAt([name, version]);
  await connection.subscribe(["open/a", "open/é", "open/large"], { qos });
  const large = "ü".repeat(60_000);
  await publisher.publishAsync("open/a", "", { qos });
  await publisher.publishAsync("open/é", "\ufeff{}", { qos });
  await publisher.publishAsync("open/other", "not for us", { qos });
  await publisher.publishAsync("open/large", large, { qos });
  const many = Array.from({ length: 50 }, (_, number) => "x".repeat(number));
  await Promise.all(many.map((body) => publisher.publishAsync("open/a", body, { qos })));
  await until(53);
  expect(received.slice(0, 3)).toEqual([
    ["open/a", ""],
    ["open/é", "\ufeff{}"],
    ["open/large", large],
  ]);
  expect(received.slice(3)).toEqual(many.map((body) => ["open/a", body]));
});

it.each(AT_ALL)("subscribes to many topics at %s (%s), and leaves them", async (...at) => {
  const publisher = await publisherAt(at);
  const { connection, received, until } = await subscriberAt(at);
  const topics = Array.from({ length: 20 }, (_, number) => `open/many/${number}`);
  await connection.subscribe(topics, { qos: 1 });
  connection.unsubscribe(topics.slice(0, 19));
  // The broker answers in order, so with this one the others are off.
  await connection.subscribe(["open/last"], { qos: 1 });
  for (const topic of [...topics, "open/last"]) {
    await publisher.publishAsync(topic, topic, { qos: 1 });
  }
  await until(2);
  expect(received.map(([topic]) => topic)).toEqual(["open/many/19", "open/last"]);
});

it.each(ONE_VERSION_EACH)(
  "outlives its keep-alive at %s (%s), and leaves without a word",
  async (...at) => {
    const publisher = await publisherAt(at);
    let answers = 0;
    const { connection, closed, received, until } = await subscriberAt(at, {
      keepAliveSeconds: 1,
      WebSocket: watched((bytes) => {
        if (bytes[0] === 0xd0) answers++;
      }),
    });
    await connection.subscribe(["open/a"], { qos: 1 });
    await expect.poll(() => answers, { timeout: 10_000 }).toBe(2);
    await publisher.publishAsync("open/a", "still there", { qos: 1 });
    await until(1);
    connection.close();
    expect([received, closed]).toEqual([[["open/a", "still there"]], []]);
    await expect(connection.subscribe(["open/b"], { qos: 1 })).rejects.toMatchObject(LOST);
  },
);

it.each(AT_EMULATOR)("tells a lost connection at %s (%s), and who waits", async (...at) => {
  const broker = await startAnother(at[0]);
  onTestFinished(() => broker.stop());
  const sockets: WebSocket[] = [];
  const { connection, closed } = await subscriberAt(at, {
    url: broker.url,
    WebSocket: class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    } as never,
  });
  const waiting = connection.subscribe(["open/a"], { qos: 1 });
  sockets[0]?.terminate();
  await expect(waiting).rejects.toMatchObject(LOST);
  expect(closed).toMatchObject([LOST]);
});

it.each(AT_ALL)("gives up at %s (%s) when it is told to", async (...at) => {
  const abort = new AbortController();
  const connecting = subscriberAt(at, { signal: abort.signal });
  abort.abort();
  await expect(connecting).rejects.toMatchObject(LOST);
  await expect(subscriberAt(at, { signal: abort.signal })).rejects.toMatchObject(LOST);
});

it.each(AT_EMULATOR)("is refused by %s (%s) with a wrong password", async (...at) => {
  const message = expect.stringContaining(at[1] === 5 ? "0x87" : "0x05");
  await expect(subscriberAt(at, { password: "bad" })).rejects.toMatchObject({
    ...REFUSED,
    message,
  });
});

it.each(AT_EMULATOR)("tells at %s (%s) a refused topic from a lost connection", async (...at) => {
  const { connection, closed } = await subscriberAt(at);
  const subscribing = connection.subscribe(["open/a", "closed/a"], { qos: 1 });
  await expect(subscribing).rejects.toMatchObject(REFUSED);
  // AWS ends the connection at that, and with it everything else on it.
  expect(closed).toMatchObject([LOST]);
});

it("says so when there is no broker", async () => {
  const broker = await startAnother("the emulator");
  await broker.stop();
  const options = clientOptions(["the emulator", 5]);
  await expect(connectMqtt({ ...options, url: broker.url })).rejects.toMatchObject(LOST);
});

/** A WebSocket that shows what arrives. */
function watched(see: (bytes: Uint8Array) => void): never {
  const Watched = class extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("message", ({ data }) => see(new Uint8Array(data as ArrayBuffer)));
    }
  };
  return Watched as never;
}
