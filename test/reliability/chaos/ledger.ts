import type { WebSocket } from "ws";
import { Latencies } from "../load/latencies.ts";
import { History } from "./history.ts";
import { type Audience, isAddressed, type Subscriber, topics } from "./members.ts";
import type { SocketLog } from "./wire.ts";

/** Who sits behind a socket, and its connection once there is one. */
interface Seat extends Pick<Subscriber, "tenant" | "user"> {
  readonly client: string;
  readonly socketNumber: string;
  /** Empty until `$connect` has been asked. */
  connection: string;
}

/**
 * After a publish, time for what it posted to be read, on however busy a machine. Remembering them all would look like
 * a leak of memory.
 */
const SETTLE_MS = 300_000;

/** Keeps the history of a run from what passes the sockets. */
export class Ledger implements SocketLog {
  readonly history: History<Audience, Subscriber> = new History(isAddressed);
  /** From the begin of a publish to its receipt. */
  readonly deliveries: Latencies = new Latencies();
  /** From the frame of a subscription to its answer. */
  readonly answers: Latencies = new Latencies();
  /** Errors that clients were sent, by their code. */
  readonly refusals = new Map<string, number>();
  readonly #seats = new Map<WebSocket, Seat>();
  readonly #bySocketNumber = new Map<string, Seat>();
  readonly #askedAt = new Map<string, number>();
  readonly #publishedAt = new Map<string, number>();
  readonly #settling = new Map<string, NodeJS.Timeout>();

  /** The open sockets of a client, with their connections. */
  socketsOf(client: string): readonly (readonly [WebSocket, connection: string])[] {
    return [...this.#seats]
      .filter(([socket, seat]) => seat.client === client && socket.readyState === socket.OPEN)
      .map(([socket, { connection }]) => [socket, connection]);
  }

  /** `$connect` is asked for a socket. */
  connected(socketNumber: string, connection: string): void {
    const seat = this.#bySocketNumber.get(socketNumber);
    if (seat !== undefined) seat.connection = connection;
  }

  opened(socket: WebSocket, { searchParams }: URL): void {
    const named = (name: string): string => searchParams.get(name) ?? "";
    const { tenant }: { readonly tenant: string } = JSON.parse(named("session"));
    const member = { client: named("client"), tenant, user: named("user") };
    const seat = { ...member, socketNumber: named("socket"), connection: "" };
    this.#seats.set(socket, seat);
    this.#bySocketNumber.set(seat.socketNumber, seat);
  }

  subscribed(socket: WebSocket, id: number, topic: string): void {
    const seat = this.#seats.get(socket);
    // What is sent over a closed socket goes nowhere.
    if (seat === undefined) return;
    const subscription = `${seat.connection}/${id}`;
    const known = topics.find((one) => one === topic) ?? topics[0];
    const subscriber = { tenant: seat.tenant, user: seat.user, topic: known };
    const { connection } = seat;
    this.history.note({ type: "subscribed", subscription, connection, subscriber });
    this.#askedAt.set(subscription, performance.now());
  }

  stopped(socket: WebSocket, id: number): void {
    this.history.note({ type: "ended", subscription: this.#nameOf(socket, id) });
  }

  received(
    socket: WebSocket,
    id: number,
    { type, data }: Parameters<SocketLog["received"]>[2],
  ): void {
    const subscription = this.#nameOf(socket, id);
    if (type === "data") {
      const event = String(data);
      const beganAt = this.#publishedAt.get(event);
      if (beganAt !== undefined) this.deliveries.add(performance.now() - beganAt);
      this.history.note({ type: "received", subscription, event });
      return;
    }
    if (type === "started") {
      this.#answered(subscription);
      this.history.note({ type: "started", subscription });
      return;
    }
    this.history.note({ type: "ended", subscription });
    this.history.note({ type: "released", subscription });
  }

  failed(socket: WebSocket, id: number | undefined, frame: string): void {
    const [, code = frame] = /"code":"(\w+)"/.exec(frame) ?? [];
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    if (id === undefined || id === null) return;
    const subscription = this.#nameOf(socket, id);
    this.#answered(subscription);
    this.history.note({ type: "ended", subscription });
  }

  closing(socket: WebSocket): void {
    const connection = this.#seats.get(socket)?.connection;
    if (connection !== undefined) this.history.note({ type: "cut", connection });
  }

  closed(socket: WebSocket): void {
    const { connection = "", socketNumber = "" } = this.#seats.get(socket) ?? {};
    this.history.note({ type: "cut", connection });
    this.history.note({ type: "closed", connection });
    this.#seats.delete(socket);
    this.#bySocketNumber.delete(socketNumber);
    for (const name of this.#askedAt.keys()) {
      if (name.startsWith(`${connection}/`)) this.#askedAt.delete(name);
    }
  }

  /** A publish begins. */
  published(event: string, publisher: string, audience: Audience): void {
    this.#publishedAt.set(event, performance.now());
    this.history.note({ type: "published", event, publisher, audience });
  }

  /** A publish ended; what it posted is still being read. */
  settle(event: string): void {
    // One more look at the sockets after the timer, in case this thread was held up.
    const settle = (): void => void setImmediate(() => this.#settled(event));
    this.#settling.set(event, setTimeout(settle, SETTLE_MS));
  }

  /** Everything has been read. */
  settleAll(): void {
    for (const [event, timer] of this.#settling) {
      clearTimeout(timer);
      this.#settled(event);
    }
  }

  #settled(event: string): void {
    this.#settling.delete(event);
    this.#publishedAt.delete(event);
    this.history.note({ type: "settled", event });
  }

  #answered(subscription: string): void {
    const askedAt = this.#askedAt.get(subscription);
    if (askedAt === undefined) return;
    this.#askedAt.delete(subscription);
    this.answers.add(performance.now() - askedAt);
  }

  /** History knows nothing by the names of a closed socket's. */
  #nameOf(socket: WebSocket, id: number): string {
    return `${this.#seats.get(socket)?.connection ?? ""}/${id}`;
  }
}
