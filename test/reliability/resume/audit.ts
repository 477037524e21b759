import type { Message, Route } from "./routes.ts";

/** Whom an event is for. */
export interface Address {
  readonly route: Route;
  /** Everybody on the route when empty. */
  readonly room: string;
}

/** An event in the hands of a client. */
interface Received {
  readonly id: string;
  readonly data: Message;
}

/** What one client is to have been told. */
export interface Account extends Address {
  readonly name: string;
  /** With the client file: nothing twice, and in the order of each publisher. */
  readonly isExact: boolean;
  /** Published to it, and not received yet. */
  readonly owed: Set<number>;
  /** Ids of what it has received. */
  readonly ids: Map<number, string>;
  /** What it has received since it subscribed: the client file knows no more. */
  readonly seen: Set<number>;
  /** The last number of each publisher. */
  readonly last: Map<string, number>;
  /** Ids of what was published to it lately. */
  readonly recent: string[];
  /** What each `started` on its way to it has in front of it. */
  promised: (readonly number[])[];
  lastEventId: string;
}

/** Events that a gap is counted in. */
const RECENT = 50;

/** Holds what clients were told against what was published. */
export class Audit {
  readonly violations: string[] = [];
  readonly counts = { events: 0, rejected: 0, receipts: 0, repeated: 0, gaps: 0 };
  readonly accounts: Account[] = [];
  /** Ids of events that somebody was reported to miss. */
  readonly missed = new Set<string>();
  readonly #underWay = new Map<number, Address>();
  /** `undefined` while a publish is under way, and when it was rejected. */
  readonly #ids: (string | undefined)[] = [];

  /** @param cursor - of now: what comes after it is owed */
  open(given: Pick<Account, "name" | "route" | "room" | "isExact">, cursor: string): Account {
    const account = {
      ...given,
      ...{
        owed: new Set<number>(),
        ids: new Map<number, string>(),
        last: new Map<string, number>(),
      },
      ...{ seen: new Set<number>(), recent: [], promised: [], lastEventId: cursor },
    };
    this.accounts.push(account);
    return account;
  }

  /** A publish begins. @returns its number */
  begun(address: Address): number {
    const number = this.#ids.push(undefined) - 1;
    this.#underWay.set(number, address);
    return number;
  }

  /** A publish has ended: from now on it is owed to everybody who has not got it. */
  published(number: number, eventId: string): void {
    this.counts.events++;
    this.#ids[number] = eventId;
    const address = this.#underWay.get(number);
    this.#underWay.delete(number);
    for (const account of this.accounts) {
      if (address === undefined || !isFor(address, account)) continue;
      if (!account.ids.has(number)) account.owed.add(number);
      account.recent.push(eventId);
      if (account.recent.length > RECENT) account.recent.shift();
    }
  }

  /** A publish has rejected; its event may be kept nevertheless. */
  rejected(number: number): void {
    this.counts.rejected++;
    this.#underWay.delete(number);
  }

  /** A client subscribes, and not just again after its socket was lost. */
  subscribed(account: Account): void {
    account.seen.clear();
    account.last.clear();
  }

  received(account: Account, { id, data: { number, room, publisher } }: Received): void {
    this.counts.receipts++;
    account.lastEventId = id;
    account.owed.delete(number);
    if (room !== account.room && room !== "") this.#say("leaked", account, number);
    if ((account.ids.get(number) ?? id) !== id) this.#say("two ids", account, number);
    account.ids.set(number, id);
    if (account.seen.has(number)) {
      this.counts.repeated++;
      if (account.isExact) this.#say("duplicate", account, number);
      return;
    }
    account.seen.add(number);
    const last = account.last.get(publisher) ?? -1;
    if (last > number && account.isExact) this.#say("reordered", account, number);
    account.last.set(publisher, Math.max(last, number));
  }

  /** A replay has ended, and `started` is about to be sent: whatever is owed by now is in front of it. */
  promise(account: Account): void {
    account.promised.push([...account.owed]);
  }

  /** The client has got a `started`. */
  started(account: Account): void {
    const promised = account.promised.shift() ?? [];
    for (const number of promised) {
      if (account.owed.has(number)) this.#lost(account, number);
    }
  }

  /** Nothing is on its way to a client any more: it has another connection. */
  connected(account: Account): void {
    account.promised = [];
  }

  /** The client was told of a gap, and begins anew at a cursor of now. */
  gap(account: Account, { most, cursor }: { readonly most: number; readonly cursor: string }) {
    this.counts.gaps++;
    const { recent, lastEventId } = account;
    const underWay = [...this.#underWay.values()].filter((address) => isFor(address, account));
    const after = recent.filter((id) => id > lastEventId).length + underWay.length;
    if (after <= most) this.violations.push(`a gap of ${after} events at ${account.name}`);
    account.owed.clear();
    account.promised = [];
    account.lastEventId = cursor;
  }

  /** Whether everybody has everything. */
  get isSettled(): boolean {
    return this.accounts.every(({ owed }) => [...owed].every((number) => this.#isMissed(number)));
  }

  /** Nothing is under way any more. */
  settle(): void {
    for (const account of this.accounts) {
      for (const number of account.owed) this.#lost(account, number);
      for (const [number, id] of account.ids) {
        if (number >= this.#ids.length || (this.#ids[number] ?? id) !== id) {
          this.#say("phantom", account, number);
        }
      }
    }
  }

  #lost(account: Account, number: number): void {
    account.owed.delete(number);
    if (!this.#isMissed(number)) this.#say("lost", account, number);
  }

  #isMissed(number: number): boolean {
    return this.missed.has(this.#ids[number] ?? "");
  }

  #say(what: string, { name }: Account, number: number): void {
    this.violations.push(`${what}: event ${number} at ${name}`);
  }
}

function isFor({ route, room }: Address, account: Address): boolean {
  return route === account.route && (room === "" || room === account.room);
}
