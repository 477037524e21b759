import { type Heard, heard, resuming, type ServerFrame, subscribing } from "./clientFrames.ts";
import type { Deployment, Version } from "./deployment.ts";
import type { SimulatedGateway, Socket } from "./gateway.ts";

/** One request of a client for one room, and what the client saw of it. Moments count everything that is seen. */
export interface Subscription {
  readonly id: number;
  readonly room: string;
  readonly userId: string;
  /** All users that it may be stored for, where that is open. */
  readonly users?: ReadonlySet<string>;
  /** The router's that its frame was sent to. */
  readonly version?: Version;
  readonly sentAt: number;
  /** When its rows end, by the clock. */
  readonly endsAtMs?: number;
  /** Since when it may be over by the will of others, with the client not knowing yet. */
  endingAt?: number;
  /** What comes for its wire id may be meant for an earlier use. */
  readonly isMistakable?: boolean;
  /** When the client knew that it is live: the last time it was told so, as an earlier use of the id may be meant. */
  startedAt?: number;
  /** Frames of `started` that came. */
  started: number;
  refusedAt?: number;
  /** The same by the clock. */
  refusedAtMs?: number;
  /** tRPC's code of the refusal. */
  refusedWith?: string;
  stopSentAt?: number;
  /** When the client knew that it is over. */
  stoppedAt?: number;
  readonly events: Heard[];
}

/** One request of a frame, and what is known of it beside what the client sees. */
export interface Wish extends Pick<Subscription, "id" | "room"> {
  readonly userId?: string;
  readonly known?: Pick<Subscription, "users" | "endsAtMs" | "isMistakable">;
}

/** Counts what happens. */
export interface Moments {
  next(): number;
}

/** What a client is told the world by. */
export interface ClientParts {
  readonly gateway: SimulatedGateway;
  readonly moments: Moments;
  /** Moves the clock on between two frames. */
  readonly pass: (ms: number) => void;
}

/** A client that keeps to tRPC's protocol and notes everything. */
export class SimulatedClient implements Socket {
  readonly connectionId: string;
  readonly userId: string;
  /** Every subscription in the order in which they were asked for; wire ids may repeat. */
  readonly subscriptions: Subscription[] = [];
  closedAt: number | undefined;
  /** Its network is gone, and nobody knows: posts are answered with 200, and it hears nothing. */
  isLost = false;
  /** When the server knew that nothing of it is left. */
  releasedAt: number | undefined;
  /** Frames that belong to no subscription of ours. */
  readonly strays: string[] = [];
  readonly #parts: ClientParts;
  /** Lets {@link when} look again. */
  wake: () => void = () => undefined;
  /** The version that its frames are handled by. */
  deployment: Deployment;

  constructor(name: string, deployment: Deployment, parts: ClientParts) {
    this.connectionId = `${name}Connection`;
    this.userId = name;
    this.deployment = deployment;
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#parts.gateway.isOpen(this.connectionId);
  }

  async connect(query: Record<string, string> = {}): Promise<boolean> {
    const { handlers } = this.deployment;
    return this.#parts.gateway.open(handlers, this, { user: this.userId, ...query });
  }

  /** Keeps what it has seen, of which it must not be closed. @returns puts it back */
  remember(): () => void {
    const { deployment } = this;
    const kept = this.subscriptions.map(copied);
    return () => {
      this.deployment = deployment;
      this.closedAt = undefined;
      this.isLost = false;
      this.releasedAt = undefined;
      this.strays.length = 0;
      this.subscriptions.splice(0, this.subscriptions.length, ...kept.map(copied));
    };
  }

  sendParams(data: Record<string, string>): void {
    this.send({ method: "connectionParams", data });
  }

  subscribe(id: number, room: string, userId: string = this.userId): Subscription {
    const subscription = this.#note({ id, room, userId });
    this.send(subscribing(subscription));
    return subscription;
  }

  /** Subscribes to a room whose events are kept. @param lastEventId - of the last event that it has seen */
  resume(id: number, room: string, lastEventId: string | undefined): Subscription {
    const subscription = this.#note({ id, room });
    this.send(resuming(subscription, lastEventId));
    return subscription;
  }

  /** Subscribes to several rooms in one frame. */
  subscribeTogether(wishes: readonly Wish[]): readonly Subscription[] {
    const all = wishes.map((wish) => this.#note(wish));
    this.send(all.map(subscribing));
    return all;
  }

  stop(subscription: Subscription): void {
    subscription.stopSentAt ??= this.#parts.moments.next();
    this.stopId(subscription.id);
  }

  /** Stops whatever has this id. */
  stopId(id: number): void {
    this.send({ id, method: "subscription.stop" });
  }

  /** Goes away. @param isLost - `$disconnect` never comes */
  close(isLost = false): void {
    this.onClose();
    this.#parts.gateway.close(this.deployment.handlers, this.connectionId, isLost);
  }

  onFrame(text: string): void {
    if (this.isLost) return;
    const frame = JSON.parse(text) as ServerFrame;
    // API Gateway's own words, which tRPC's client does not listen to.
    if (frame.id === undefined && "connectionId" in frame) return;
    const at = this.#parts.moments.next();
    // A wire id that is used again belongs to its last subscription, as in tRPC's client.
    const subscription = this.subscriptions.findLast(({ id }) => id === frame.id);
    if (subscription === undefined) this.strays.push(text);
    else this.#hear(subscription, frame, at);
    this.wake();
  }

  onClose(): void {
    this.closedAt ??= this.#parts.moments.next();
    this.wake();
  }

  /** Resolves when something is the case, which it looks for when it hears something or is closed. For one at a time. */
  async when(is: () => boolean): Promise<void> {
    while (!is()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  onReleased(): void {
    this.releasedAt ??= this.#parts.moments.next();
  }

  /** Sends a frame that need not make sense. */
  send(frame: unknown): void {
    this.#parts.pass(1);
    this.#parts.gateway.receive(this.deployment.handlers, this.connectionId, frame);
  }

  #note({ id, room, userId = this.userId, known }: Wish): Subscription {
    const { version } = this.deployment;
    const sentAt = this.#parts.moments.next();
    const seen = { sentAt, started: 0, events: [] };
    const subscription: Subscription = { id, room, userId, version, ...known, ...seen };
    this.subscriptions.push(subscription);
    return subscription;
  }

  #hear(subscription: Subscription, { error, result }: ServerFrame, at: number): void {
    if (error !== undefined) {
      subscription.refusedAt ??= at;
      subscription.refusedAtMs ??= Date.now();
      subscription.refusedWith ??= error.data?.code ?? "no code";
      return;
    }
    switch (result?.type) {
      case "started":
        subscription.startedAt = at;
        subscription.started++;
        break;
      case "stopped":
        this.#firstToStop(subscription).stoppedAt ??= at;
        break;
      default:
        if (result?.data !== undefined) subscription.events.push(heard(result, result.data, at));
    }
  }

  /** The answers to stops come for the earlier uses of an id first. */
  #firstToStop(last: Subscription): Subscription {
    const waiting = this.subscriptions.find(
      ({ id, stopSentAt, stoppedAt }) =>
        id === last.id && stopSentAt !== undefined && stoppedAt === undefined,
    );
    return waiting ?? last;
  }
}

function copied(subscription: Subscription): Subscription {
  return { ...subscription, events: [...subscription.events] };
}
