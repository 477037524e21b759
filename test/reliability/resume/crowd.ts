import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { clientVersions } from "../../e2e/client.ts";
import { isBefore } from "../../e2e/trpcVersion.ts";
import type { Account } from "./audit.ts";
import { OnePublisher } from "./publishers.ts";
import { Visitor } from "./visitor.ts";
import type { ResumeWorld } from "./world.ts";

/** Groups of as many publishers; a room is published to by one group. */
const GROUPS = 8;
const GROUP_SIZE = 3;
/** All visitors have come by then. */
const ARRIVAL_MS = 2_000;
/** A client has its socket for as long, at most. */
const MAX_STAY_MS = 5_000;
/** Publishes happen within this time around a cut. */
const AROUND_MS = 60;
/** A client that is not back by then never comes. */
const HUNG_MS = 90_000;
/** Visitors of which one is moved, has the client file, listens to what only a few events are kept of. */
const EVERY = { handedOver: 10, exact: 5, few: 8 };

/** What becomes of visitors. */
export interface Visit {
  readonly over: AbortSignal;
  /** Beside what the gateway does by itself. */
  readonly areCut: boolean;
}

/** Visitors who lose their sockets all the time, and publishers who publish just then. */
export class Crowd {
  /** How sockets were cut. */
  readonly cuts = { dropped: 0, deaf: 0, fenced: 0, inReplay: 0 };
  readonly hung: string[] = [];
  readonly #world: ResumeWorld;
  readonly #random: () => number;
  readonly #groups: readonly (readonly OnePublisher[])[];
  readonly #visitors: Visitor[] = [];

  constructor(world: ResumeWorld, random: () => number) {
    this.#world = world;
    this.#random = random;
    this.#groups = Array.from({ length: GROUPS }, (_, group) =>
      Array.from(
        { length: GROUP_SIZE },
        (__, index) => new OnePublisher(`${group}.${index}`, world.publisher(), world.audit),
      ),
    );
  }

  /** Lets so many visitors come, who are published to until it is over, and lose their sockets if they are cut. */
  async visit(count: number, { over, areCut }: Visit): Promise<void> {
    setMaxListeners(0, over);
    const stays = (mostMs: number): Promise<boolean> =>
      sleep(this.#random() * mostMs, true, { signal: over }).catch(() => false);
    const visits = Array.from({ length: count }, async (_, index) => {
      await stays(ARRIVAL_MS);
      const isMoved = index % EVERY.handedOver === 0;
      const visitor = this.#arrive(index, isMoved);
      await this.#isBack(visitor, visitor.nextStarted);
      while (await stays(MAX_STAY_MS)) {
        if (isMoved || !areCut) await this.#publishTo(visitor.account);
        else await this.#cut(visitor);
      }
    });
    await Promise.all(visits);
  }

  /** Publishes to everybody, and waits until everybody has everything. */
  async meet(): Promise<void> {
    const { audit } = this.#world;
    const [publisher] = this.#groups[0] ?? [];
    await publisher?.publish({ route: "onMessage", room: "" });
    await publisher?.publish({ route: "onFew", room: "" });
    const until = performance.now() + HUNG_MS;
    while (!audit.isSettled && performance.now() < until) await sleep(20);
    audit.settle();
  }

  async leave(): Promise<void> {
    await Promise.all(this.#visitors.map((visitor) => visitor.leave()));
  }

  /** Errors that clients were sent, other than gaps, by their texts. */
  get errors(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const text of this.#visitors.flatMap(({ errors }) => errors)) {
      counts[text] = (counts[text] ?? 0) + 1;
    }
    return counts;
  }

  #arrive(index: number, isMoved: boolean): Visitor {
    const { gateway, audit, visitors, publisher } = this.#world;
    const { cursor } = publisher();
    const name = String(index);
    const version = clientVersions[Math.floor(index / 2) % clientVersions.length];
    const newest = clientVersions.at(-1);
    if (version === undefined || newest === undefined) throw new Error("there is no client");
    const route = index % EVERY.few === 1 ? "onFew" : "onMessage";
    const account = audit.open(
      { name, route, room: `room ${name}`, isExact: index % EVERY.exact === 0 },
      cursor(),
    );
    const visitor = new Visitor(account, {
      url: `${gateway.url}?visitor=${name}`,
      version: isMoved ? newest : version,
      isHandedOver: isMoved && !isBefore(newest, "11.25"),
      ...{ audit, cursor, random: this.#random },
    });
    visitors.set(name, visitor);
    this.#visitors.push(visitor);
    return visitor;
  }

  async #cut(visitor: Visitor): Promise<void> {
    const { faults, cut, gateway } = this.#world;
    const { connectionId, nextStarted } = visitor;
    const kinds = ["dropped", "deaf", "fenced", "inReplay"] as const;
    const kind = kinds[Math.floor(this.#random() * kinds.length)] ?? "dropped";
    this.cuts[kind]++;
    if (kind === "deaf") faults.trouble(connectionId, { isDeaf: true });
    if (kind === "fenced") faults.trouble(connectionId, { failures: 2 });
    if (kind === "inReplay") {
      const cutAfter = 1 + Math.floor(this.#random() * 5);
      visitor.onConnected = (next) => {
        visitor.onConnected = () => undefined;
        faults.trouble(next, { cutAfter });
      };
    }
    const published = this.#publishTo(visitor.account);
    await sleep(this.#random() * AROUND_MS);
    if (kind !== "fenced") await cut(connectionId);
    await published;
    if (!gateway.connectionIds().includes(connectionId)) await this.#isBack(visitor, nextStarted);
  }

  /** One publisher or more publish to a visitor's room, at nearly the same time. */
  async #publishTo({ name, route, room }: Account): Promise<void> {
    const group = this.#groups[Number(name) % GROUPS] ?? [];
    const most = Math.ceil(GROUP_SIZE * this.#random() ** 3);
    const publishing = group.slice(0, most).map(async (publisher) => {
      await sleep(this.#random() * AROUND_MS);
      await publisher.publish({ route, room });
    });
    await Promise.all(publishing);
  }

  async #isBack({ account }: Visitor, started: Promise<void>): Promise<void> {
    const hung = new AbortController();
    const isBack = await Promise.race([
      started.then(() => true),
      sleep(HUNG_MS, false, { signal: hung.signal }).catch(() => true),
    ]);
    hung.abort();
    if (!isBack) this.hung.push(account.name);
  }
}
