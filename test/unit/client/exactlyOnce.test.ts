import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { stop, subscription } from "./history.ts";
import { type Connection, createPlatform, type Frame, type Platform } from "./platform.ts";
import { type Choose, ResumingServer } from "./resumingServer.ts";

interface ServerFrame {
  readonly result: {
    readonly type: string;
    readonly id?: string;
    readonly data?: { data: number };
  };
}

/** A subscription as tRPC's client keeps it over its sockets; from 11.25 on it moves without a pause. */
class Subscriber {
  /** What the page was given, socket by socket. */
  readonly given: (number | "started")[][] = [];
  readonly #platform: Platform;
  readonly #server: ResumingServer;
  #on: Connection;
  #movingTo: Connection | undefined;
  #lastEventId: string | undefined;

  constructor(platform: Platform, server: ResumingServer) {
    this.#platform = platform;
    this.#server = server;
    this.#on = this.#open();
  }

  /** The network cuts its socket, or the one it moves to. */
  cut(isNext: boolean): void {
    const next = this.#movingTo;
    const lost = isNext && next !== undefined ? next : this.#on;
    this.#server.unsubscribe(lost);
    lost.below.cut();
    this.#movingTo = undefined;
    if (lost === next) return;
    this.#on = next ?? this.#open();
  }

  /** The server asks it to go to another socket. */
  move(): void {
    this.#movingTo ??= this.#open();
  }

  #open(): Connection {
    vi.advanceTimersByTime(30_000);
    const connection = this.#platform.connect();
    const given: (number | "started")[] = [];
    this.given.push(given);
    connection.ours.addEventListener("message", ({ data }) => {
      const { result }: ServerFrame = JSON.parse(String(data));
      if (connection === this.#movingTo) this.#confirm(connection);
      if (connection !== this.#on) return;
      if (result.type === "data") this.#lastEventId = result.id;
      given.push(result.data?.data ?? "started");
    });
    connection.below.open();
    const { lastEventId } =
      this.#lastEventId === undefined ? {} : { lastEventId: this.#lastEventId };
    connection.send(subscription(1, lastEventId === undefined ? {} : { lastEventId }));
    this.#server.subscribe(connection);
    return connection;
  }

  #confirm(next: Connection): void {
    const previous = this.#on;
    this.#on = next;
    this.#movingTo = undefined;
    const frame: Frame = stop(1);
    previous.send(frame);
    this.#server.unsubscribe(previous);
  }
}

const STEPS = ["publish", "burst", "proceed", "proceed", "proceed", "cut", "move"] as const;

/** Takes steps, then lets everything arrive. */
function run(
  steps: readonly (typeof STEPS)[number][],
  choose: Choose,
): Subscriber & { published: number } {
  const server = new ResumingServer(choose);
  const platform = createPlatform({ handOver: true, startedTimeoutMs: 2 ** 31 - 1 });
  for (let n = 0; n < 6; n++) server.publish();
  const subscriber = new Subscriber(platform, server);
  for (let n = 0; n < 20; n++) server.proceed();
  for (const step of steps) {
    if (step === "cut" || step === "move") subscriber[step](choose(2) === 0);
    else server[step]();
  }
  server.finish();
  return Object.assign(subscriber, { published: server.published });
}

it("gives each event once, and what was missed in order, whatever is cut, repeated, shuffled or moved", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...STEPS), { maxLength: 120 }),
      fc.infiniteStream(fc.nat(1_000)),
      (steps, numbers) => {
        const choose: Choose = (count) => Number(numbers.next().value) % Math.max(1, count);
        const { given, published } = run(steps, choose);
        const events = given.flat().filter((one) => typeof one === "number");
        expect(new Set(events).size).toBe(events.length);
        const since = [...Array(published).keys()].slice(6);
        expect(events.toSorted((a, b) => a - b).filter((n) => n >= 6)).toEqual(since);
        for (const one of given) {
          const missed = one.slice(0, one.indexOf("started"));
          expect(missed).toEqual(missed.toSorted((a, b) => Number(a) - Number(b)));
        }
      },
    ),
    { numRuns: 400 },
  );
});
