import { BrokerConnectionError } from "../../errors/broadcast.ts";
import type { Line, Message } from "./line.ts";
import type { Subscriber } from "./subscriber.ts";

/** A message that has to wait for those before it, which may be on their way on an older line. */
interface HeldBack {
  readonly line: Line;
  readonly subscriber: Subscriber;
  readonly message: Message;
}

/** The lines of a client: usually one, two or more while one takes the place of another. */
export class Lines {
  readonly #overlapMs: number;
  /** Oldest first; those that are to end are before all others. */
  readonly #all: Line[] = [];
  /** Lines that are to end, with their timers. */
  readonly #retiring = new Map<Line, ReturnType<typeof setTimeout>>();
  /** In the order in which they came. */
  #heldBack: HeldBack[] = [];

  constructor(overlapMs: number) {
    this.#overlapMs = overlapMs;
  }

  /** The line for new topics. */
  get newest(): Line | undefined {
    const newest = this.#all.at(-1);
    return newest === undefined || this.#retiring.has(newest) ? undefined : newest;
  }

  push(line: Line): void {
    this.#all.push(line);
  }

  /** A line is over. */
  delete(line: Line): void {
    clearTimeout(this.#retiring.get(line));
    this.#retiring.delete(line);
    const index = this.#all.indexOf(line);
    if (index !== -1) this.#all.splice(index, 1);
    this.#release();
  }

  /** Whether a subscriber's topics are confirmed on one of them that is to stay, and is not the one that is given. */
  hears(subscriber: Subscriber, but?: Line): boolean {
    return this.#all.some(
      (line) => line !== but && !this.#retiring.has(line) && line.hears(subscriber),
    );
  }

  /** How many wait for a line to confirm their topics. */
  waitingOn(line: Line, subscribers: ReadonlySet<Subscriber>): number {
    return [...subscribers].filter((each) => line.has(each) && !this.hears(each)).length;
  }

  /**
   * What comes to whom no line hears may be behind what it has missed, so it waits.
   *
   * @param ended - a line that is over; to be called before it is deleted, which gives out what has waited for it
   * @returns who that is
   */
  holdUnheard(subscribers: ReadonlySet<Subscriber>, ended?: Line): readonly Subscriber[] {
    const unheard = [...subscribers].filter((each) => !this.hears(each, ended));
    for (const each of unheard) each.hold();
    return unheard;
  }

  detach(subscriber: Subscriber): void {
    for (const line of this.#all) line.detach(subscriber);
    this.#heldBack = this.#heldBack.filter((each) => each.subscriber !== subscriber);
  }

  /** A subscriber may hear these topics, and no longer any other. */
  restrict(subscriber: Subscriber, topics: readonly string[]): void {
    for (const line of this.#all) line.restrict(subscriber, topics);
    const isHeard = this.hears(subscriber);
    // Neither what waits, nor an answer that is under way, is about these topics.
    if (subscriber.isHolding || !isHeard) subscriber.hold();
    if (!isHeard) subscriber.connecting(null);
    this.#heldBack = this.#heldBack.filter(
      (each) => each.subscriber !== subscriber || topics.includes(each.message.topic),
    );
  }

  /**
   * A message came. The older line goes on until it ends, then the newer one: two connections are not equally fast, so
   * to take what comes first would turn the order around.
   */
  receive(line: Line, subscriber: Subscriber, message: Message): void {
    const one = { line, subscriber, message };
    if (this.#hasToWait(one)) this.#heldBack.push(one);
    else subscriber.receive(message.envelope);
  }

  /** A line has all topics that it could be given. The older ones end once nothing can be on its way on them. */
  retireBefore(line: Line, subscribers: ReadonlySet<Subscriber>): void {
    const heard = [...subscribers].filter((each) => this.hears(each));
    for (const older of this.#all.slice(0, Math.max(0, this.#all.indexOf(line)))) {
      if (this.#retiring.has(older)) continue;
      const timer = setTimeout(() => {
        older.close();
        this.delete(older);
      }, this.#overlapMs);
      this.#retiring.set(older, timer);
    }
    this.holdUnheard(subscribers);
    const error = new BrokerConnectionError("the next connection came too late for its grant");
    for (const each of heard) if (!this.hears(each)) each.connecting(error);
  }

  close(): void {
    for (const timer of this.#retiring.values()) clearTimeout(timer);
    this.#retiring.clear();
    this.#heldBack = [];
    for (const line of this.#all.splice(0)) line.close();
  }

  #hasToWait({ line, subscriber }: HeldBack): boolean {
    const older = this.#all.slice(0, Math.max(0, this.#all.indexOf(line)));
    return older.some((each) => each.brings(subscriber));
  }

  /** Gives out what has waited for a line that is over. */
  #release(): void {
    const waiting = this.#heldBack;
    this.#heldBack = [];
    for (const { line, subscriber, message } of waiting) this.receive(line, subscriber, message);
  }
}
