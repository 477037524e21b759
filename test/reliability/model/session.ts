import type { Scheduler } from "fast-check";
import type { Subscription } from "../simulation/client.ts";
import { type Death, MortalProcess } from "../simulation/mortalProcess.ts";
import { SimulatedWorld, type WorldOptions } from "../simulation/world.ts";
import { type Member, type Model, openMembers, type Use } from "./model.ts";
import { Publishers } from "./publishers.ts";

/** What may become of one frame on its way. */
export interface Fate {
  /** It is handed to two invocations. */
  readonly isDuplicate?: boolean;
  /** Its process dies. */
  readonly death?: Death | undefined;
}

/** How a connection is opened. */
export interface ConnectHow extends Pick<Fate, "death"> {
  /** `connectionParams` will follow. */
  readonly isAnnounced: boolean;
  /** How long its session lasts. */
  readonly sessionMs?: number;
}

/** A subscription that somebody wants. */
export interface Wanted {
  readonly room: string;
  /** Takes an id that was used before, if there is one. */
  readonly isReuse: boolean;
}

const LONGEST_MS = 2 * 60 * 60 * 1_000;
/** Rows outlive the longest connection by this. */
const SLACK_MS = 15 * 60 * 1_000;

/** The simulated world as commands act on it; notes in the model what each of them means. */
export class Session {
  readonly world: SimulatedWorld;
  readonly model: Model;
  /** What was done, in words. */
  readonly log: string[] = [];
  readonly #scheduler: Scheduler;
  readonly publishers: Publishers;
  /** The limit is counted from rows, and may be overrun while a transaction's become visible one by one. */
  readonly isLimitExact: boolean;

  constructor(model: Model, scheduler: Scheduler, options: WorldOptions) {
    this.model = model;
    this.#scheduler = scheduler;
    this.world = new SimulatedWorld(options);
    this.isLimitExact = options.split !== true;
    this.publishers = new Publishers(this.world, model);
    this.world.follow(scheduler);
  }

  /** Opens a connection. @returns its name */
  connect(user: string, { isAnnounced, sessionMs, ...fate }: ConnectHow): string {
    const { world, model } = this;
    const expireAt = Math.floor((world.nowMs + (sessionMs ?? Number.POSITIVE_INFINITY)) / 1_000);
    const rowsEnd = Math.floor((world.nowMs + LONGEST_MS + SLACK_MS) / 1_000);
    const client = world.client(`c${model.members.length}`);
    const member: Member = {
      ...{ client, isAnnounced, handshake: "under way" },
      endsAtMs: Math.min(expireAt, rowsEnd) * 1_000,
      mayCloseAtMs: world.nowMs + LONGEST_MS,
      users: new Set(isAnnounced ? [] : [user]),
      ...{ params: [], isDecided: !isAnnounced, namelessAnswers: 0 },
      ...{ isDisconnectSent: false, processes: [], uses: [] },
    };
    model.members.push(member);
    const query = {
      user,
      ...(isAnnounced && { connectionParams: "1" }),
      ...(sessionMs !== undefined && { expireAt: String(expireAt) }),
    };
    this.#with(member, fate, () => {
      world.begin(async () => {
        member.handshake = (await client.connect(query)) ? "accepted" : "refused";
      });
    });
    return client.userId;
  }

  /** Sends `connectionParams`. */
  sendParams(member: Member, user: string | undefined, fate: Fate): void {
    const process = this.#with(member, fate, () => {
      member.client.send({ method: "connectionParams", data: user === undefined ? 1 : { user } });
    });
    const isBad = user === undefined;
    member.params.push({ isBad, process });
    if (!member.isDecided && !isBad) member.users.add(user);
    const isRefused = isBad || !member.isAnnounced || this.#mayBeOver(member);
    if (isRefused) member.namelessAnswers += fate.isDuplicate === true ? 2 : 1;
  }

  /** Subscribes to rooms in one frame. */
  subscribe(member: Member, wishes: readonly Wanted[], fate: Fate): void {
    const { client, users, endsAtMs, isDecided } = member;
    const taken = new Set<number>();
    const requests = wishes.map(({ room, isReuse }) => {
      const id =
        (isReuse ? this.#freedId(member, taken) : undefined) ?? this.#freshId(member, taken);
      taken.add(id);
      const isFresh = client.subscriptions.every((other) => other.id !== id);
      const isMistakable = !isFresh && this.world.gateway.runningOn(client.connectionId) > 0;
      return { id, room, known: { users, endsAtMs, isMistakable }, isFresh };
    });
    let sent: readonly Subscription[] = [];
    const process = this.#with(member, fate, () => {
      sent = client.subscribeTogether(requests);
    });
    for (const [index, subscription] of sent.entries()) {
      const isFresh = requests[index]?.isFresh === true;
      const processes = process === undefined ? [] : [process];
      const isDuplicate = fate.isDuplicate === true;
      const use: Use = { subscription, isFresh, isDecided, isDuplicate, processes };
      member.uses.push(use);
      this.publishers.meetAll(member, use);
    }
  }

  /** Stops a subscription, whatever became of it. */
  stop(member: Member, use: Use, fate: Fate): void {
    const { id } = use.subscription;
    // The server knows nothing of uses: what has the id now ends.
    const last = member.uses.findLast((other) => other.subscription.id === id) ?? use;
    const process = this.#with(member, fate, () => member.client.stop(last.subscription));
    if (process !== undefined) last.processes.push(process);
  }

  /** Stops what never was. */
  stopUnknown(member: Member, fate: Fate): void {
    this.#with(member, fate, () => member.client.stopId(9_999));
  }

  /** Closes a socket from the client's end. */
  drop(member: Member, isLost: boolean, fate: Fate): void {
    member.isDisconnectSent = !isLost;
    this.#with(member, fate, () => member.client.close(isLost));
  }

  /** Sends a `$disconnect` that was thought lost. */
  disconnectLate(member: Member, fate: Fate): void {
    member.isDisconnectSent = true;
    const { client } = member;
    this.#with(member, fate, () => {
      this.world.gateway.disconnect(client.deployment.handlers, client.connectionId);
    });
  }

  /** Moves the clock on; the gateway closes what is two hours old. */
  async jump(ms: number, isLost: boolean): Promise<void> {
    await this.settle();
    this.world.pass(ms);
    for (const member of openMembers(this.model)) {
      if (this.world.nowMs >= member.mayCloseAtMs) this.drop(member, isLost, {});
    }
  }

  advance(turns: number): Promise<void> {
    return this.world.advance(this.#scheduler, turns);
  }

  /** Lets everything that is under way come to its end. */
  async settle(): Promise<void> {
    await this.advance(Number.POSITIVE_INFINITY);
    for (const member of this.model.members) {
      member.isDecided ||= member.params.some(({ process }) => process?.isDead !== true);
    }
  }

  /** Sends something of a connection, to two invocations or to a process that dies where that is its fate. */
  #with(member: Member, { isDuplicate = false, death }: Fate, send: () => void) {
    const { client } = member;
    const process = death === undefined ? undefined : new MortalProcess(death);
    if (process !== undefined) member.processes.push(process);
    const { current } = this.publishers;
    client.deployment = process === undefined ? current : this.publishers.mortal(current, process);
    this.world.gateway.copies = isDuplicate ? 2 : 1;
    send();
    this.world.gateway.copies = 1;
    client.deployment = current;
    return process;
  }

  #mayBeOver({ client, endingAt, endsAtMs }: Member): boolean {
    return !client.isOpen || endingAt !== undefined || this.world.nowMs > endsAtMs - 10_000;
  }

  #freshId({ client }: Member, taken: ReadonlySet<number>): number {
    return 1 + Math.max(0, ...taken, ...client.subscriptions.map(({ id }) => id));
  }

  /** The id of the last use that is over as far as the client knows. */
  #freedId({ client }: Member, taken: ReadonlySet<number>): number | undefined {
    return client.subscriptions
      .filter(({ id }) => !taken.has(id))
      .findLast((one, _, all) => {
        const isLast = all.findLast(({ id }) => id === one.id) === one;
        return (
          isLast && [one.stopSentAt, one.stoppedAt, one.refusedAt].some((at) => at !== undefined)
        );
      })?.id;
  }
}
