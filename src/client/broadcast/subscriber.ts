import type { Operation } from "@trpc/client";
import type { Envelope, GrantHistory } from "../../protocol/broadcast.ts";
import { readEnvelope } from "./envelope.ts";
import type { TellLinkEvent } from "./events.ts";
import { clientError, MAX_REFUSALS } from "./failure.ts";
import { type HeldGrant, isLate } from "./grants.ts";
import { byPlace, lastEventIdOf, Place } from "./place.ts";
import { Seen } from "./seen.ts";
import type { Sink, SubscriptionResult } from "./sink.ts";

/** What a subscriber shares with the others of its link. */
export interface SubscriberHost {
  readonly deserialize: (value: unknown) => unknown;
  readonly tell: TellLinkEvent;
  /** Something went wrong that ends nothing. */
  report(error: unknown): void;
  /** A callback threw. */
  reportThrown(error: unknown): void;
}

/** One subscription of tRPC's client. */
export class Subscriber {
  readonly op: Operation;
  readonly #sink: Sink;
  readonly #host: SubscriberHost;
  readonly #seen = new Seen();
  readonly #place: Place;
  /** Its route has history. */
  #isKept = false;
  /** What came before all topics were confirmed, and before what it missed; `undefined` from then on. */
  #early: Envelope[] | undefined = [];
  #holds = 0;
  #hasStarted = false;
  #state: "pending" | "connecting" | undefined;
  readonly #abort = new AbortController();

  #held: HeldGrant | undefined;
  #topics: readonly string[] | undefined;
  /** It has no grant, or is to get another one. */
  needsGrant = true;
  /** The request for a grant whose answer it waits for. */
  asking: object | undefined;
  /** It asks what it has missed. */
  isResuming = false;
  /** Refusals of the broker in a row. */
  #refusals = 0;

  constructor(op: Operation, sink: Sink, host: SubscriberHost) {
    this.op = op;
    this.#sink = sink;
    this.#host = host;
    this.#place = new Place(lastEventIdOf(op.input));
  }

  get held(): HeldGrant | undefined {
    return this.#held;
  }

  set held(held: HeldGrant | undefined) {
    this.#held = held;
    if (held === undefined) return;
    const { history, topics } = held.grant;
    this.#topics = topics;
    if (history === undefined) return;
    this.#isKept = true;
    this.#place.overlapMs = history.overlapMs;
  }

  /** Those of its latest grant, whatever has become of that one: it hears no others. */
  get topics(): readonly string[] | undefined {
    return this.#topics;
  }

  /** Aborts when it has ended. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isOver(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Whether all its topics were confirmed once. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** Whether what comes is held back. */
  get isHolding(): boolean {
    return this.#early !== undefined;
  }

  /** How often {@link hold} was called. */
  get holds(): number {
    return this.#holds;
  }

  /** The event after which it is to be told what it missed. */
  get cursor(): string | undefined {
    return this.#place.cursor;
  }

  /** Whether it has to ask what it missed before it can go on; or should, after a long silence. */
  get isBehind(): boolean {
    const { history } = this.#held?.grant ?? {};
    if (history === undefined || this.isOver) return false;
    return this.isHolding ? this.cursor !== undefined : this.#place.isStaleAt(history.cursor);
  }

  /** Whether it has a grant whose time is not over. */
  get isGranted(): boolean {
    return this.held !== undefined && Date.now() < this.held.expiresAtMs;
  }

  /** When it is to ask for another grant, in epoch milliseconds; never while it does already. */
  get renewAtMs(): number {
    return this.needsGrant
      ? Number.POSITIVE_INFINITY
      : (this.held?.renewAtMs ?? Number.POSITIVE_INFINITY);
  }

  /** It hears nothing at present, or not yet. */
  connecting(error: Error | null): void {
    if (error === null && this.#state === "connecting") return;
    this.#state = "connecting";
    const clientSide = error === null ? null : clientError(error);
    this.#next({ type: "state", state: "connecting", error: clientSide });
  }

  /**
   * It hears nothing. Where events are kept, what comes from now on waits for what it misses; what has waited before is
   * among that, unless it is no longer for this one.
   */
  hold(): void {
    this.#holds++;
    if (this.#isKept || this.isHolding) this.#early = [];
  }

  /** It is told what it missed; goes on with what came meanwhile. */
  resumed({ missed = [], cursor }: GrantHistory): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const body of missed) this.#emit(readEnvelope(body));
    for (const envelope of early.sort(byPlace)) this.#emit(envelope);
    // What was published before it was read is among that.
    this.#place.advance(cursor);
    this.started();
  }

  /** The broker has confirmed all its topics, on a connection that is open. */
  started(): void {
    this.#refusals = 0;
    if (this.isOver) return;
    const early = this.#early ?? [];
    this.#early = undefined;
    if (this.#state !== "pending") this.#tellStarted();
    const { history } = this.#held?.grant ?? {};
    if (history !== undefined && this.cursor === undefined) this.#place.advance(history.cursor);
    for (const envelope of early) this.#emit(envelope);
  }

  #tellStarted(): void {
    this.#state = "pending";
    this.#hasStarted = true;
    this.#next({ type: "state", state: "pending", error: null });
    this.#next({ type: "started" });
    this.#host.tell({ type: "started", path: this.op.path });
  }

  /**
   * The broker said no. Whether that is to be believed: a grant may be over, or be another one by now; who had started
   * before may be let in again.
   */
  isRefusedForGood(refused: readonly HeldGrant[]): boolean {
    if (refused.some(isLate)) return false;
    if (this.#held === undefined || !refused.includes(this.#held)) return false;
    this.#refusals++;
    return !this.hasStarted || this.#refusals >= MAX_REFUSALS;
  }

  /** A message came on one of its topics. */
  receive(envelope: Envelope): void {
    if (this.isOver || !this.#seen.isNew(envelope.m)) return;
    if (this.#early === undefined) this.#emit(envelope);
    else this.#early.push(envelope);
  }

  /** The client unsubscribed. */
  end(): void {
    this.#abort.abort();
  }

  /** The server or the broker said no. */
  fail(error: Error): void {
    if (this.isOver) return;
    this.end();
    this.#host.tell({ type: "refused", path: this.op.path, error });
    this.#call(() => this.#sink.error(clientError(error)));
  }

  /** The link was closed. */
  complete(): void {
    if (this.isOver) return;
    this.#next({ type: "stopped" });
    this.end();
    this.#call(() => this.#sink.complete());
  }

  #emit(envelope: Envelope | undefined): void {
    if (envelope === undefined || this.isOver || !this.#isNewEvent(envelope)) return;
    const { m: messageId, i: id, d } = envelope;
    let data: unknown;
    try {
      data = this.#host.deserialize(d);
    } catch (error) {
      this.#host.report(error);
      return;
    }
    const { path } = this.op;
    this.#host.tell({ type: "message", path, messageId, ...(id !== undefined && { id }), data });
    this.#next(
      id === undefined ? { type: "data", data } : { type: "data", id, data: { id, data } },
    );
  }

  /** Of a route with history an event comes once, by whatever way. */
  #isNewEvent({ i: id, c: cursor = id }: Envelope): boolean {
    if (!this.#isKept || id === undefined || cursor === undefined) return true;
    const isNew = this.#place.isNew(id, cursor);
    if (!this.isResuming) this.#place.forget();
    return isNew;
  }

  #next(result: SubscriptionResult): void {
    if (this.isOver) return;
    this.#call(() => this.#sink.next({ result }));
  }

  /** One callback that throws costs no other subscription its event, and no connection its reader. */
  #call(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#host.reportThrown(error);
    }
  }
}
