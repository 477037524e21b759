import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { iotWebSocket } from "../../../../src/client/iot-core/iotWebSocket.ts";
import type { WebSocketLike } from "../../../../src/client/webSocketClass.ts";
import { ScriptedSocket } from "./scriptedBroker.ts";

const CONNACK = [0x20, 3, 0, 0, 0];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
});

type Open = WebSocketLike & { readonly url: string; send(data: unknown): void };

/** A socket, its broker, and what it told. */
async function opening(options: object = {}) {
  const SocketClass = iotWebSocket({
    prefix: ["myapp", "dev"],
    WebSocket: ScriptedSocket as never,
    ...options,
  }) as unknown as new (
    url: string,
  ) => Open;
  const before = ScriptedSocket.last;
  const socket = new SocketClass("wss://broker/mqtt?user=ann");
  const told: string[] = [];
  for (const type of ["open", "message", "error", "close"] as const) {
    socket.addEventListener(type, (event) => {
      const { data, code, message } = event as { data?: string; code?: number; message?: string };
      told.push([type, data ?? code ?? message].filter((part) => part !== undefined).join(" "));
    });
  }
  // The hash of its secret is awaited before it connects.
  await vi.waitFor(() => expect(ScriptedSocket.last).not.toBe(before));
  const broker = ScriptedSocket.last;
  return { socket, told, broker };
}

async function opened(options: object = {}) {
  const world = await opening(options);
  world.broker.dispatch("open");
  world.broker.receive(...CONNACK);
  await vi.waitFor(() => expect(world.told).toEqual(["open"]));
  return world;
}

/** Texts of a CONNECT behind its ten fixed bytes and the length of its properties. */
function fieldsOf(packet: readonly number[]): readonly string[] {
  const bytes = Buffer.from(packet);
  const fields: string[] = [];
  // Behind the length, which has two bytes here, and the name, version, flags, keep-alive and properties.
  const start = bytes.indexOf("MQTT") + 4 + 1 + 1 + 2 + 1;
  for (let at = start; at < bytes.length; ) {
    const length = bytes.readUInt16BE(at);
    fields.push(bytes.subarray(at + 2, at + 2 + length).toString());
    at += 2 + length;
  }
  return fields;
}

const publishes = (broker: ScriptedSocket): readonly string[] =>
  broker.sent
    .filter(([first]) => first === 0x32)
    .map((packet) =>
      Buffer.from(packet)
        .toString()
        .replace(/^.*requests\/.{32}.../s, ""),
    );

it("connects with an id that is the hash of its secret, another one each time", async () => {
  const seen = new Set<string>();
  for (let n = 0; n < 3; n++) {
    const { broker } = await opened();
    const [clientId = "", username, secret = ""] = fieldsOf(broker.sent[0] ?? []);
    const hash = createHash("sha256").update(secret).digest("base64url").slice(0, 22);
    expect(clientId).toBe(`myapp-dev-${hash}`);
    expect(username).toBe("");
    expect(secret).toMatch(/^[\w-]{43}$/);
    seen.add(secret);
  }
  expect(seen.size).toBe(3);
});

it("names the authorizer in the URL, behind what the application has there", async () => {
  const { socket } = await opening({ authorizer: "Sub scriptions" });
  expect(socket.url).toBe(
    "wss://broker/mqtt?user=ann&x-amz-customauthorizer-name=Sub%20scriptions",
  );
});

it("sends a frame when the one before is acknowledged", async () => {
  const { socket, broker } = await opened();
  for (const frame of ["1", "2", "3"]) socket.send(frame);
  expect(publishes(broker)).toEqual(["1"]);
  expect(socket.bufferedAmount).toBe(2);
  for (const [at, sent] of [
    ["1", "2"],
    ["1", "2", "3"],
  ].entries()) {
    broker.receive(0x40, 2, 0, at + 1);
    await vi.waitFor(() => expect(publishes(broker)).toEqual(sent));
  }
  expect(socket.bufferedAmount).toBe(0);
});

it("ends when a frame is not acknowledged for ten seconds: IoT Core has throttled it", async () => {
  const { socket, told, broker } = await opened();
  socket.send("1");
  vi.advanceTimersByTime(9_999);
  expect(told).toEqual(["open"]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual(["open", "close 1006"]);
  expect(broker.isClosed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it("ends with an error when the broker refuses a frame, or its connection breaks", async () => {
  for (const end of [
    (broker: ScriptedSocket) => broker.receive(0x40, 4, 0, 1, 0x97, 0),
    (broker: ScriptedSocket) => broker.dispatch("close", { code: 1006 }),
  ]) {
    const { socket, told, broker } = await opened();
    socket.send("1");
    end(broker);
    await vi.waitFor(() => expect(told).toHaveLength(3));
    expect(told[1]).toMatch(/^error the (broker refused a message|connection ended)/);
    expect(told[2]).toBe("close 1006");
    expect(socket.readyState).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
  }
});

it("ends with 1009 for a frame that IoT Core would not take, and sends nothing of it", async () => {
  const { socket, told, broker } = await opened();
  socket.send("ü".repeat(65_536));
  expect(publishes(broker)).toHaveLength(1);
  socket.send("ü".repeat(65_537));
  expect(told).toEqual(["open", "close 1009"]);
  expect(publishes(broker)).toHaveLength(1);
});

it("tells of an authorizer that refuses, and of a broker that does not answer", async () => {
  const refused = await opening();
  refused.broker.dispatch("open");
  refused.broker.receive(0x20, 3, 0, 0x87, 0);
  await vi.waitFor(() => expect(refused.told).toHaveLength(2));
  expect(refused.told).toEqual([
    "error the broker refused the connection: reason 0x87",
    "close 1006",
  ]);
  const silent = await opening();
  vi.advanceTimersByTime(15_000);
  await vi.waitFor(() => expect(silent.told).toHaveLength(2));
  expect(silent.told[1]).toBe("close 1006");
  expect(vi.getTimerCount()).toBe(0);
});

it("can be closed while it opens, and after", async () => {
  const early = await opening();
  early.socket.close();
  expect(early.socket.readyState).toBe(2);
  vi.advanceTimersByTime(0);
  expect(early.told).toEqual(["close 1000"]);
  await vi.waitFor(() => expect(early.broker.isClosed).toBe(true));
  const late = await opened();
  late.socket.close(3000, "enough");
  vi.advanceTimersByTime(0);
  expect(late.told).toEqual(["open", "close 3000"]);
  // DISCONNECT
  expect(late.broker.sent.at(-1)).toEqual([0xe0, 0]);
  late.socket.send("too late");
  expect(publishes(late.broker)).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it("answers PING when the broker has, and passes on what is for it alone", async () => {
  const { socket, told, broker } = await opened();
  socket.send("PING");
  expect(broker.sent.at(-1)).toEqual([0xc0, 0]);
  broker.receive(0xd0, 0);
  await vi.waitFor(() => expect(told).toEqual(["open", "message PONG"]));
  const message = (topic: string) => {
    const body = [0, topic.length, ...Buffer.from(topic), 0, ...Buffer.from("{}")];
    return [0x30, body.length, ...body];
  };
  broker.receive(...message("myapp/dev/requests/x"));
  broker.receive(...message("myapp/dev/messages"));
  expect(told).toEqual(["open", "message PONG", "message {}"]);
});

it("refuses what is no text, and what is sent before it is open", async () => {
  const early = await opening();
  expect(() => early.socket.send("1")).toThrow("not open yet");
  const { socket } = await opened();
  expect(() => socket.send(new Uint8Array(1))).toThrow("only texts");
});

describe("iotWebSocket()", () => {
  it.each([
    ["prefix", { prefix: "myapp" }],
    ["prefix", { prefix: [] }],
    ["protocolVersion", { protocolVersion: 3 }],
    ["keepAliveSeconds", { keepAliveSeconds: 29 }],
    ["WebSocket", { WebSocket: "ws" }],
  ])("refuses: %s %o", (option, options) => {
    const given = { prefix: ["myapp"], WebSocket: ScriptedSocket, ...options } as never;
    expect(() => iotWebSocket(given)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", option }),
    );
  });

  it("says where it needs crypto.subtle", () => {
    vi.stubGlobal("crypto", {});
    try {
      const options = { prefix: ["myapp"], WebSocket: ScriptedSocket as never } as const;
      expect(() => iotWebSocket(options)).toThrow("https");
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
