import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import fc from "fast-check";
import superjson from "superjson";
import { describe, expect, it, vi } from "vitest";
import { subscription } from "./history.ts";
import { type Connection, createPlatform, type FakeSocket, type Frame } from "./platform.ts";

const MAX_BATCH_BYTES = 24 * 1024;
const MAX_FRAME_BYTES = 32 * 1024;

function opened(): Connection {
  const connection = createPlatform().connect();
  connection.below.open();
  return connection;
}

/** Sizes of what was sent, as API Gateway counts them. */
const sizes = ({ sent }: FakeSocket): readonly number[] =>
  sent.map((data) => Buffer.byteLength(String(data)));

const call = (id: number, input: string): Frame => ({
  id,
  method: "query",
  params: { input, path: "echo" },
});

/** A call whose message has this many bytes. */
function callOf(bytes: number, id = 1, character = "x"): Frame {
  const rest = bytes - Buffer.byteLength(JSON.stringify(call(id, "")));
  const wide = character.repeat(Math.floor(rest / Buffer.byteLength(character)));
  return call(id, wide + "x".repeat(rest - Buffer.byteLength(wide)));
}

describe("a frame of several messages", () => {
  it("is split into frames of at most 24 KB, whatever the characters", () => {
    const characters = fc.constantFrom("x", "é", "€", "𝄞");
    const texts = fc.tuple(characters, fc.nat(2_000)).map(([one, times]) => one.repeat(times));
    fc.assert(
      fc.property(fc.array(texts, { minLength: 2, maxLength: 60 }), (inputs) => {
        const { below, send } = opened();
        const messages = inputs.map((input, index) => call(index, input));
        send(messages);
        expect(below.frames.flat()).toEqual(messages);
        for (const size of sizes(below)) expect(size).toBeLessThanOrEqual(MAX_BATCH_BYTES);
        const whole = Buffer.byteLength(JSON.stringify(messages));
        if (whole <= MAX_BATCH_BYTES) expect(below.sent).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });

  it("fills each of them", () => {
    const { below, send } = opened();
    // Two of them, the brackets and a comma are 24 KB to the byte.
    const half = (MAX_BATCH_BYTES - 3) / 2;
    const [less, more] = [Math.floor(half), Math.ceil(half)];
    send([callOf(less, 1), callOf(more, 2), callOf(less, 3), callOf(more + 1, 4)]);
    expect(below.frames.map((frame) => [frame].flat().length)).toEqual([2, 1, 1]);
    expect(sizes(below)[0]).toBe(MAX_BATCH_BYTES);
  });

  it("race R31: 1,000 subscriptions of a reconnecting client", () => {
    const { below, send } = opened();
    const messages = Array.from({ length: 1_000 }, (_, id) =>
      subscription(id, { input: { room: "r".repeat(250) } }),
    );
    send(messages);
    expect(below.frames.flat()).toEqual(messages);
    expect(Math.max(...sizes(below))).toBeLessThanOrEqual(MAX_BATCH_BYTES);
  });

  it("has at most 200 messages, which is what the handler takes", () => {
    const { below, send } = opened();
    send(Array.from({ length: 401 }, (_, id) => ({ id, method: "subscription.stop" })));
    expect(below.frames.map((frame) => [frame].flat().length)).toEqual([200, 200, 1]);
  });

  it("holds a message between 24 KB and 32 KB alone, and no array then", () => {
    const { below, send } = opened();
    const [small, large] = [callOf(100, 1), callOf(MAX_FRAME_BYTES, 2)];
    send([small, large, small]);
    expect(below.frames).toEqual([small, large, small]);
  });
});

describe("a message that no frame can hold", () => {
  it.each(["x", "é", "€", "𝄞"])("is refused beyond 32 KB of %s, and fits at 32 KB", (character) => {
    const { below, send, received } = opened();
    send(callOf(MAX_FRAME_BYTES, 1, character));
    expect(sizes(below)).toEqual([MAX_FRAME_BYTES]);
    send(callOf(MAX_FRAME_BYTES + 1, 2, character));
    expect(received).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(below.sent).toHaveLength(1);
    expect(received).toEqual([
      {
        id: 2,
        error: {
          code: -32_013,
          message: expect.stringContaining("32769 bytes, and API Gateway takes 32768"),
          data: { code: "PAYLOAD_TOO_LARGE", httpStatus: 413, path: "echo" },
        },
      },
    ]);
  });

  it("does not hold up the others of its batch, and is not waited for", () => {
    const { below, send, events } = opened();
    const large = subscription(2, { input: "x".repeat(MAX_FRAME_BYTES) });
    send([callOf(100, 1), large, callOf(100, 3)]);
    expect(below.frames).toEqual([[callOf(100, 1), callOf(100, 3)]]);
    vi.advanceTimersByTime(60_000);
    expect(events).toEqual(["open"]);
  });

  it.each([
    ["no transformer", undefined],
    ["superjson", superjson],
  ])("fails for a stock client with %s", async (_, transformer) => {
    const { WebSocket, sockets } = createPlatform();
    const wsClient = createWSClient({ url: "wss://api", WebSocket: WebSocket as never });
    const options = { client: wsClient, transformer };
    const client = createTRPCClient<never>({ links: [wsLink(options as never)] }) as unknown as {
      echo: { query(input: unknown): Promise<unknown> };
    };
    const answer = client.echo.query({ text: "x".repeat(MAX_FRAME_BYTES) }).catch(String);
    await vi.advanceTimersByTimeAsync(0);
    sockets[0]?.open();
    await vi.advanceTimersByTimeAsync(10);
    expect(await answer).toMatch(
      /^TRPCClientError: echo was not sent: its message has 32\d+ bytes/,
    );
    expect(sockets).toHaveLength(1);
    sockets[0]?.cut();
    await wsClient.close();
  });
});
