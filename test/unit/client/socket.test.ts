import { describe, expect, it, vi } from "vitest";
import { resilientWebSocket } from "../../../src/client/index.ts";
import { event, started, subscription } from "./history.ts";
import {
  type Connection,
  createPlatform,
  type Platform,
  type WebSocketOfOurs,
} from "./platform.ts";

/** A socket of ours that has to wait for a second. */
function waiting(): Platform & { readonly second: Connection } {
  const platform = createPlatform();
  platform.connect().below.cut();
  return { ...platform, second: platform.connect() };
}

const make = ({ WebSocket }: Platform, url: string | URL, protocols?: string[]) =>
  new WebSocket(url, protocols) as unknown as WebSocketOfOurs;

it("has the constants of a WebSocket, on the class and on each socket", () => {
  const { WebSocket, connect } = createPlatform();
  for (const one of [WebSocket, connect().ours]) {
    const names = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];
    const states = names.map((name) => Reflect.get(one, name));
    expect(states).toEqual([0, 1, 2, 3]);
  }
  expect(connect().ours).toBeInstanceOf(WebSocket);
});

it("shows what the socket below has", () => {
  const platform = createPlatform();
  const ours = make(platform, new URL("wss://api/stage?a=1"), ["chat"]);
  const [below] = platform.sockets;
  expect([below?.url, below?.protocols]).toEqual(["wss://api/stage?a=1", ["chat"]]);
  expect(ours.url).toBe("wss://api/stage?a=1");
  expect(ours).toMatchObject({
    bufferedAmount: 7,
    extensions: "permessage-deflate",
    protocol: "chat",
  });
  ours.binaryType = "arraybuffer";
  expect([ours.binaryType, below?.binaryType]).toEqual(["arraybuffer", "arraybuffer"]);
});

it("goes through the states of the socket below", () => {
  const { ours, below, events } = createPlatform().connect();
  const states = [ours.readyState];
  below.open();
  states.push(ours.readyState);
  ours.close(4001, "bye");
  states.push(ours.readyState);
  below.cut(4001);
  states.push(ours.readyState);
  expect(states).toEqual([0, 1, 2, 3]);
  expect(below.closedWith).toEqual([4001, "bye"]);
  expect(events).toEqual(["open", "close"]);
});

it("throws at once for a URL that the platform refuses", () => {
  class Refusing {
    constructor() {
      throw new SyntaxError("no URL");
    }
  }
  const WebSocket = resilientWebSocket({ WebSocket: Refusing as never });
  expect(() => new WebSocket("what")).toThrow("no URL");
});

describe("listeners", () => {
  it("are called with the socket as `this`: clients answer PING by it", () => {
    const { ours, below } = createPlatform().connect();
    below.open();
    ours.addEventListener("message", function (this: WebSocketOfOurs) {
      this.send("PONG");
    });
    below.message("PING");
    expect(below.sent).toEqual(["PONG"]);
  });

  it("are functions, objects, properties; once, removed, or given twice", () => {
    const { ours, below } = createPlatform().connect();
    const heard: string[] = [];
    const twice = (): void => void heard.push("twice");
    const gone = (): void => void heard.push("gone");
    ours.onopen = () => heard.push("property");
    ours.addEventListener("open", { handleEvent: () => heard.push("object") });
    ours.addEventListener("open", null);
    ours.addEventListener("open", twice);
    ours.addEventListener("open", twice);
    ours.addEventListener("open", () => heard.push("once"), { once: true });
    ours.addEventListener("open", () => ours.removeEventListener("open", gone));
    ours.addEventListener("open", gone);
    below.open();
    expect(heard).toEqual(["property", "object", "twice", "once"]);
    ours.dispatchEvent({ type: "open" });
    expect(heard.slice(4)).toEqual(["property", "object", "twice"]);
  });

  it("that throw keep no other one from the event, and are not silenced", () => {
    const { ours, below, received, send } = createPlatform().connect();
    below.open();
    send(subscription(1));
    ours.onmessage = () => {
      throw new Error("of a page");
    };
    for (const frame of [event(1, 1), started(1)]) below.message(frame);
    expect(received).toHaveLength(2);
    expect(() => vi.runOnlyPendingTimers()).toThrow("of a page");
    vi.clearAllTimers();
  });

  it("get the platform's own close event", () => {
    const { ours, below } = createPlatform().connect();
    const codes: unknown[] = [];
    ours.addEventListener("close", ({ code }) => codes.push(code));
    below.open().cut(1001);
    expect(codes).toEqual([1001]);
  });
});

describe("while it waits to be opened", () => {
  it("is connecting, and then behaves as any", () => {
    const { second, sockets } = waiting();
    second.ours.binaryType = "arraybuffer";
    expect(second.ours).toMatchObject({
      readyState: 0,
      bufferedAmount: 0,
      extensions: "",
      protocol: "",
    });
    expect(() => second.ours.send("x")).toThrow("not open");
    vi.advanceTimersByTime(999);
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(1);
    second.below.open();
    expect(second.ours.readyState).toBe(1);
    expect(second.below.binaryType).toBe("arraybuffer");
    expect(second.events).toEqual(["open"]);
  });

  it("can be closed: error and close come later, as platforms do it, and nothing is opened", () => {
    const { second, sockets } = waiting();
    const closed: unknown[] = [];
    second.ours.addEventListener("close", ({ code }) => closed.push(code));
    second.ours.close();
    second.ours.close();
    expect([second.ours.readyState, second.events]).toEqual([2, []]);
    vi.advanceTimersByTime(60_000);
    expect(second.ours.readyState).toBe(3);
    expect(second.events).toEqual(["error", "close"]);
    expect(closed).toEqual([1006]);
    expect(sockets).toHaveLength(1);
    second.ours.send("dropped");
    second.ours.close();
    vi.advanceTimersByTime(60_000);
    expect(second.events).toEqual(["error", "close"]);
  });

  it("fails by an error and a close event when the platform refuses it", () => {
    let made = 0;
    class Refusing {
      constructor() {
        if (made++ > 0) throw new SyntaxError("no URL");
      }
      addEventListener(type: string, listener: (event: object) => void): void {
        if (type === "close") queueMicrotask(() => listener({ type, code: 1006 }));
      }
    }
    createPlatform();
    const WebSocket = resilientWebSocket({ WebSocket: Refusing as never });
    const first = new WebSocket("wss://api") as unknown as WebSocketOfOurs;
    const events: unknown[] = [];
    return new Promise<void>((resolve) => first.addEventListener("close", () => resolve())).then(
      () => {
        const second = new WebSocket("wss://api") as unknown as WebSocketOfOurs;
        second.addEventListener("error", (event) => {
          events.push(event);
          second.close();
        });
        second.addEventListener("close", ({ code }) => events.push(code));
        vi.advanceTimersByTime(60_000);
        expect(events).toEqual([expect.objectContaining({ message: "no URL" }), 1006]);
      },
    );
  });
});

describe("handOver", () => {
  it("is told to the server, and lets its reconnect through", () => {
    const platform = createPlatform({ handOver: true });
    expect(make(platform, "wss://api/stage").url).toBe("wss://api/stage?handOver=1");
    const { ours, below, received } = platform.connect();
    make(platform, "wss://api/stage?token=t");
    expect(platform.sockets.map(({ url }) => url)).toEqual([
      "wss://api/stage?handOver=1",
      "wss://api/stage?handOver=1",
      "wss://api/stage?token=t&handOver=1",
    ]);
    expect(ours.url).toBe(below.url);
    below.open();
    below.message({ id: null, method: "reconnect" });
    expect(received).toEqual([{ id: null, method: "reconnect" }]);
  });

  it("race R11: is off by default: no reconnect reaches a client that might loop", () => {
    const { ours, below, received } = createPlatform().connect();
    expect(ours.url).toBe("wss://api/stage");
    below.open();
    below.message({ id: null, method: "reconnect" });
    below.message({ method: "reconnect" });
    expect(received).toEqual([]);
  });
});
