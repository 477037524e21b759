import { isEventId } from "../protocol/eventId.ts";
import { eventIdOf, isObject, type JsonObject, type RequestId } from "./frames.ts";
import type { Carrier, Subscription, Subscriptions } from "./subscriptions.ts";

/** Frames that are held of one subscription: the longest replay that `history.maxEvents` allows. */
const MAX_HELD = 10_000;

/** What a request has to do with the socket it is sent on. */
export interface RequestSocket {
  readonly number: number;
  /** Milliseconds until a subscription must have got `started`. */
  readonly startedTimeoutMs: number;
  readonly subscriptions: Subscriptions;
  /** Whether the client still takes frames from it. */
  isOpen(): boolean;
  /** Gives a frame to the client. */
  deliver(data: unknown): void;
  /** Closes the socket at once, so that the client opens another one. */
  lose(reason: string): void;
}

interface HeldEvent {
  readonly cursor: string;
  readonly eventId: string;
  readonly data: unknown;
}

/**
 * A subscription on one socket. Until `started`, the end of the replay, its events are held; then they are passed on in
 * the order of their cursors, before `started` as a server sends them, and later ones as they come. No event is passed
 * on twice, on whatever socket it comes.
 */
export class SubscriptionRequest implements Carrier {
  readonly id: RequestId;
  readonly socketNumber: number;
  readonly #subscription: Subscription;
  readonly #socket: RequestSocket;
  #isStarted = false;
  #isOver = false;
  /** `undefined` once they are not held any more. */
  #held: HeldEvent[] | undefined = [];
  /** The newest cursor that came before `started`. */
  #replayedTo: string | undefined;
  readonly #silence: ReturnType<typeof setTimeout>;

  constructor(id: RequestId, subscription: Subscription, socket: RequestSocket) {
    this.id = id;
    this.socketNumber = socket.number;
    this.#subscription = subscription;
    this.#socket = socket;
    socket.subscriptions.attach(subscription, this, id);
    const { startedTimeoutMs } = socket;
    // Not begun anew by events: live ones would keep a request waiting for ever whose `started` is lost.
    this.#silence = setTimeout(
      () => socket.lose(`no started within ${startedTimeoutMs} ms`),
      startedTimeoutMs,
    );
  }

  /** Whether it waits for `started`. */
  get isPending(): boolean {
    return !this.#isStarted && !this.#isOver;
  }

  /** A frame of the server with its id. */
  receive(frame: JsonObject, data: unknown): void {
    const result = isObject(frame["result"]) ? frame["result"] : undefined;
    if (result?.["type"] === "started") this.#start(result, data);
    else if (result?.["type"] === "data") this.#receiveData(result, data);
    else if (result?.["type"] === "stopped" || "error" in frame) this.#stop(frame, data);
    else this.#socket.deliver(data);
  }

  /** The client or the server has ended it. */
  end(): void {
    if (!this.#leave()) return;
    this.#socket.subscriptions.end(this.#subscription, this);
  }

  /** Its socket has ended. */
  lose(): void {
    if (!this.#leave()) return;
    this.#socket.subscriptions.lose(this.#subscription, this);
  }

  #leave(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#held = undefined;
    clearTimeout(this.#silence);
    return true;
  }

  #start(result: JsonObject, data: unknown): void {
    clearTimeout(this.#silence);
    this.#isStarted = true;
    this.#release();
    // The client may have ended it in the meantime, or the socket, and then not all of them were passed on.
    if (this.#isOver || !this.#socket.isOpen()) return;
    const { cursor } = result;
    if (isEventId(cursor)) {
      this.#subscription.hasHistory = true;
      this.#advance(cursor);
    }
    this.#advance(this.#replayedTo);
    this.#take();
    this.#socket.deliver(data);
  }

  #stop(frame: JsonObject, data: unknown): void {
    // What an error cuts short is left for the next try. To pass on a part would move the client's cursor past the rest.
    if (!("error" in frame)) this.#release();
    this.#take();
    this.end();
    this.#socket.deliver(data);
  }

  #receiveData(result: JsonObject, data: unknown): void {
    const { id: cursor } = result;
    if (!isEventId(cursor)) {
      this.#take();
      if (!this.#subscription.hasLeft(this)) this.#subscription.lastPassed = cursor;
      this.#socket.deliver(data);
      return;
    }
    this.#subscription.hasHistory = true;
    const event = { cursor, eventId: eventIdOf(result, cursor), data };
    if (this.#isStarted) this.#advance(cursor);
    else if (this.#replayedTo === undefined || cursor > this.#replayedTo) this.#replayedTo = cursor;
    if (this.#held === undefined) this.#pass(event);
    else if (this.#held.push(event) > MAX_HELD) {
      // Memory is worth more than order here. The cursor stays where it was until `started`, so nothing is lost by it.
      this.#release();
    }
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    held.sort((a, b) => (a.cursor < b.cursor ? -1 : a.cursor > b.cursor ? 1 : 0));
    for (const event of held) this.#pass(event);
  }

  #pass({ cursor, eventId, data }: HeldEvent): void {
    // Of a carrier that the client has left it drops every event; it gets them from the other one, where they must be new.
    if (this.#isOver || this.#subscription.hasLeft(this) || !this.#socket.isOpen()) return;
    if (!this.#subscription.isNew(eventId)) return;
    this.#take();
    this.#subscription.lastPassed = cursor;
    this.#socket.deliver(data);
  }

  /** A frame is about to be passed on: from its first one on, the client takes the subscription from this socket. */
  #take(): void {
    if (!this.#isOver && !this.#subscription.hasLeft(this)) this.#subscription.owner = this;
  }

  #advance(cursor: string | undefined): void {
    if (!this.#subscription.hasLeft(this)) this.#subscription.advance(cursor);
  }
}
