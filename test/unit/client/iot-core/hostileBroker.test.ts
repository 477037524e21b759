import * as fc from "fast-check";
import { expect, it, onTestFinished, vi } from "vitest";
import { PacketReader } from "../../../../src/client/iot-core/mqtt/packetReader.ts";
import { connect } from "./scriptedBroker.ts";

const CONNACK_4 = [0x20, 2, 0, 0];
const CONNACK_5 = [0x20, 3, 0, 0, 0];
/** `hi` on topic `t`, with QoS 1 as packet 7. */
const PUBLISH_4 = [0x32, 7, 0, 1, 0x74, 0, 7, 0x68, 0x69];
/** All kinds of properties: a byte, a subscription identifier, a text, a pair of texts, four bytes. */
const PROPERTIES = [
  ...[0x01, 1, 0x0b, 0x80, 0x01, 0x03, 0, 1, 0x61],
  ...[0x26, 0, 1, 0x6b, 0, 1, 0x76, 0x02, 0, 0, 0, 9],
];

it.each([
  [4, [0x10, 18, 0, 4, 77, 81, 84, 84, 4, 0xc2, 0, 60, 0, 1, 99, 0, 0, 0, 1, 112]],
  [5, [0x10, 19, 0, 4, 77, 81, 84, 84, 5, 0xc2, 0, 60, 0, 0, 1, 99, 0, 0, 0, 1, 112]],
] as const)("asks to be connected as version %s writes it", async (version, bytes) => {
  const { socket, connecting } = connect(version);
  expect(socket.sent).toEqual([bytes]);
  socket.dispatch("close", { code: 1006 });
  await expect(connecting).rejects.toMatchObject({ code: "BROKER_CONNECTION" });
});

it("takes packets in any pieces", async () => {
  const bytes = [
    ...PUBLISH_4,
    ...PUBLISH_4,
    0x30,
    0x81,
    0x01,
    0,
    1,
    0x74,
    ...Array(126).fill(0x78),
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
      const { socket, connecting, received } = connect(4);
      socket.receive(...CONNACK_4);
      const connection = await connecting;
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      for (const [index, place] of places.entries()) {
        socket.receive(...bytes.slice(place, places[index + 1] ?? place));
      }
      expect(received).toEqual(["t: hi", "t: hi", `t: ${"x".repeat(126)}`]);
      // Acknowledged each, after it was taken.
      expect(socket.sent.slice(1)).toEqual([
        [0x40, 2, 0, 7],
        [0x40, 2, 0, 7],
      ]);
      connection.close();
    }),
  );
});

it("reads past the properties of version 5, and heeds the keep-alive of the broker", async () => {
  const { socket, connecting, received } = connect(5);
  socket.receive(
    0x20,
    3 + PROPERTIES.length + 3,
    0,
    0,
    PROPERTIES.length + 3,
    ...PROPERTIES,
    0x13,
    0,
    0,
  );
  const connection = await connecting;
  socket.receive(
    0x30,
    4 + PROPERTIES.length + 1,
    0,
    1,
    0x74,
    PROPERTIES.length,
    ...PROPERTIES,
    0x21,
  );
  expect(received).toEqual(["t: !"]);
  connection.close();
});

const BEFORE: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ["a message before it has accepted", PUBLISH_4],
  ["a length of five bytes", [0x20, 0xff, 0xff, 0xff, 0xff, 1]],
  ["a length beyond the largest packet", [0x20, 0x81, 0x90, 0x09]],
  ["an answer that is cut", [0x20, 1, 0]],
];
const AFTER: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ["a second CONNACK", CONNACK_4],
  ["QoS 2", [0x34, 5, 0, 1, 0x74, 0, 1]],
  ["a topic longer than its packet", [0x30, 3, 0, 9, 0x74]],
  ["an answer to nothing", [0x90, 3, 0, 1, 0]],
  ["a packet that only clients send", [0x82, 2, 0, 1]],
  ["a packet that is none", [0xf0, 0]],
  ["a DISCONNECT, which version 3.1.1 does not have", [0xe0, 0]],
];

it.each(BEFORE)(
  "ends the connection for %s",
  async (_, bytes) => {
    const { socket, connecting, received } = connect(4);
    socket.receive(...bytes);
    await expect(connecting).rejects.toMatchObject({ code: "BROKER_CONNECTION" });
    expect([socket.isClosed, received]).toEqual([true, []]);
  },
  5_000,
);

it.each(AFTER)("ends the connection for %s, and takes what came before it", async (_, bytes) => {
  const { socket, connecting, received, closed } = connect(4);
  socket.receive(...CONNACK_4);
  await connecting;
  socket.receive(...PUBLISH_4, ...bytes, ...PUBLISH_4);
  expect(closed).toMatchObject([{ code: "BROKER_CONNECTION" }]);
  expect([socket.isClosed, received]).toEqual([true, ["t: hi"]]);
});

it("ends the connection for a text, and for a property that there is not", async () => {
  const text = connect(4);
  text.socket.dispatch("message", { data: "CONNACK" });
  await expect(text.connecting).rejects.toMatchObject({ code: "BROKER_CONNECTION" });
  const property = connect(5);
  property.socket.receive(0x20, 5, 0, 0, 2, 0x7f, 0);
  await expect(property.connecting).rejects.toMatchObject({ code: "BROKER_CONNECTION" });
});

it("leaves nobody waiting whose SUBSCRIBE is answered with too few codes", async () => {
  const { socket, connecting, closed } = connect(5);
  socket.receive(...CONNACK_5);
  const subscribing = (await connecting).subscribe(["a", "b"], { qos: 1 });
  socket.receive(0x90, 4, 0, 1, 0, 1);
  await expect(subscribing).rejects.toMatchObject({ code: "BROKER_CONNECTION" });
  expect(closed).toHaveLength(1);
});

it("takes back the topics of a call that was refused in part", async () => {
  const { socket, connecting, closed } = connect(5);
  socket.receive(...CONNACK_5);
  const subscribing = (await connecting).subscribe(["a", "b"], { qos: 1 });
  socket.receive(0x90, 5, 0, 1, 0, 1, 0x97);
  await expect(subscribing).rejects.toMatchObject({
    code: "BROKER_REFUSED",
    message: 'the broker refused topic "b": reason 0x97',
  });
  expect(socket.sent.at(-1)).toEqual([0xa2, 9, 0, 2, 0, 0, 1, 97, 0, 1, 98]);
  expect(closed).toEqual([]);
  socket.dispatch("close", { code: 1006 });
});

it.each([
  [4, 3, "BROKER_CONNECTION"],
  [4, 5, "BROKER_REFUSED"],
  [4, 7, "BROKER_REFUSED"],
  [5, 0x88, "BROKER_CONNECTION"],
  [5, 0x87, "BROKER_REFUSED"],
] as const)("in version %s a CONNACK of %s is %s", async (version, code, expected) => {
  const { socket, connecting } = connect(version);
  socket.receive(...(version === 4 ? [0x20, 2, 0, code] : [0x20, 3, 0, code, 0]));
  await expect(connecting).rejects.toMatchObject({ code: expected });
});

it.each([
  [4, true, "BROKER_REFUSED"],
  [4, false, "BROKER_CONNECTION"],
  [5, true, "BROKER_CONNECTION"],
] as const)("in version %s a close in good order (%s) is %s for who waits", async (...row) => {
  const [version, wasClean, expected] = row;
  const { socket, connecting, closed } = connect(version);
  socket.receive(...(version === 4 ? CONNACK_4 : CONNACK_5));
  const subscribing = (await connecting).subscribe(["a"], { qos: 0 });
  socket.dispatch("close", { code: 1000, wasClean });
  await expect(subscribing).rejects.toMatchObject({ code: expected });
  expect(closed).toMatchObject([{ code: "BROKER_CONNECTION" }]);
});

it("gives up a broker that is silent, and leaves no timer", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { socket, connecting, closed } = connect(4);
  socket.receive(...CONNACK_4);
  const subscribing = (await connecting).subscribe(["a"], { qos: 1 });
  const refused = expect(subscribing).rejects.toMatchObject({ code: "BROKER_CONNECTION" });
  vi.advanceTimersByTime(30_000);
  expect(socket.sent.at(-1)).toEqual([0xc0, 0]);
  socket.receive(0xd0, 0);
  vi.advanceTimersByTime(30_000 + 15_000);
  await refused;
  expect(closed).toMatchObject([{ message: "the broker does not answer any more" }]);
  expect([socket.isClosed, vi.getTimerCount()]).toEqual([true, 0]);
});

it("keeps no more than one packet may have, and reads byte by byte in time", () => {
  const reader = new PacketReader(149_504);
  const bytes = Uint8Array.from([0x30, 0x80, 0x90, 0x09]);
  expect(() => [...reader.read(bytes)]).not.toThrow();
  const packets: number[] = [];
  for (let at = 0; at < 149_504; at++) {
    for (const { body } of reader.read(Uint8Array.of(at))) packets.push(body.length);
  }
  expect(packets).toEqual([149_504]);
  expect(() => [...reader.read(Uint8Array.from([0x30, 0x81, 0x90, 0x09]))]).toThrow("149505");
});
