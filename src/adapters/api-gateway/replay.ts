import { earliestEventId, eventTimeMs } from "../../protocol/eventId.ts";
import { defaultDeliveryPolicy } from "../../publisher/deliver.ts";
import { checkedLastEventId, gapError, missedEvents } from "../../publisher/missedEvents.ts";
import { frameFor, keptPayload } from "../../publisher/payload.ts";
import type { QuietClient, StoredEvent } from "../../store/types.ts";
import { CONNECTED_MS, type History } from "../../subscriptions/history.ts";
import type { Capture, RouteDefinition } from "../../subscriptions/resolver.ts";
import { subscriberStreams } from "../../subscriptions/streams.ts";
import { type Call, inputOf } from "./call.ts";
import type { Invocation } from "./invocation.ts";
import { notSent, reply } from "./replies.ts";
import type { Slots } from "./slots.ts";

/**
 * Share of the overlap that the last reading before the rows, with the posts that follow it, may take. What is kept
 * meanwhile comes after the rows, side by side with live events: a client that is cut after one of those comes back for
 * no more than the overlap.
 */
const MAX_PASS_SHARE = 1 / 6;

/** What a replay is for. */
interface ReplayOptions {
  readonly call: Call;
  readonly definition: RouteDefinition;
  readonly history: History;
  /** Every filter text that an event for the subscriber can have. */
  readonly streams: readonly (string | undefined)[];
  /** What `onData` is to be given. */
  readonly hookState: string | undefined;
  /** The last event that the client has seen. */
  readonly cursor: string;
  /** Each replay holds what it reads in memory, and a frame may ask for two hundred. */
  readonly slots: Slots;
}

/**
 * The replay of a request, if it names the last event that its client has seen.
 *
 * @throws TRPCError with BAD_REQUEST for one that is none of ours
 */
export function replayOf(
  invocation: Invocation,
  call: Call,
  { capture, ...rest }: Pick<ReplayOptions, "hookState" | "slots"> & { readonly capture: Capture },
): Replay | undefined {
  const { definition, input, ctx } = capture;
  const { history } = definition;
  const { app } = invocation;
  const given = history && lastEventIdOf(call.request, inputOf(app.router, call.request));
  if (history === undefined || given === undefined || given === null) return undefined;
  const cursor = checkedLastEventId(given);
  const streams = subscriberStreams(app, { path: call.request.path, input, ctx });
  return new Replay(invocation, { ...rest, call, definition, history, streams, cursor });
}

/** As a client sends it when it comes back, or as an app puts it into the input when it first subscribes. */
function lastEventIdOf({ lastEventId }: Call["request"], input: unknown): unknown {
  if (lastEventId !== undefined) return lastEventId;
  const isRecord = typeof input === "object" && input !== null;
  return isRecord && Object.hasOwn(input, "lastEventId")
    ? Reflect.get(input, "lastEventId")
    : undefined;
}

/**
 * Sends a client that comes back what it has missed: read and sent before its rows are stored, which is the most of it,
 * until that was quick, and once after, which is what was published in between. Publishers keep an event before they look for
 * subscribers, so each one either is found by the second reading or finds the rows.
 *
 * Two publishers may post in another order than the events' own, so the client may have the later of two events and not
 * the earlier one. Therefore it is sent what comes a while before its cursor too.
 */
export class Replay {
  /** It missed more than can be sent. */
  isGap = false;
  /** Events that were sent. */
  sent = 0;
  readonly #invocation: Invocation;
  readonly #options: ReplayOptions;
  readonly #slots: Slots;
  readonly #seen = new Set<string>();
  #from: string | undefined;
  #missedAny = false;

  constructor(invocation: Invocation, options: ReplayOptions) {
    this.#invocation = invocation;
    this.#options = options;
    this.#slots = options.slots;
  }

  /** The last event that the client has seen. */
  get cursor(): string {
    return this.#options.cursor;
  }

  /**
   * Sends what is kept, unless there is a gap.
   *
   * @returns `false` when the connection is closed
   */
  beforeStored(): Promise<boolean> {
    return this.#slots.run(() => this.#sendKept());
  }

  async #sendKept(): Promise<boolean> {
    const { overlapMs, maxEvents } = this.#options.history;
    let startedAtMs = Date.now();
    const fromMs = await this.#readFromMs(startedAtMs);
    if (fromMs === undefined) {
      this.#endIn("it is too old");
      return true;
    }
    let events = await this.#read(earliestEventId(fromMs), maxEvents);
    if (events === undefined) {
      this.#endIn(`more than ${maxEvents} events, or 4 MB, came after it`);
      return true;
    }
    for (;;) {
      // What is kept from now on has a cursor of about now.
      this.#from = earliestEventId(Math.max(fromMs, startedAtMs - overlapMs));
      if (!(await this.#send(events))) return false;
      if (Date.now() - startedAtMs <= overlapMs * MAX_PASS_SHARE) return true;
      startedAtMs = Date.now();
      events = await this.#readRest(this.#from);
    }
  }

  /**
   * Sends what was kept since then.
   *
   * @returns `false` when the connection is closed
   */
  afterStored(): Promise<boolean> {
    return this.#slots.run(() => this.#sendRest());
  }

  async #sendRest(): Promise<boolean> {
    if (this.isGap) return true;
    if (this.#from === undefined && !(await this.#sendKept())) return false;
    if (this.#from === undefined) return true;
    const untilMs = Date.now();
    if (!(await this.#send(await this.#readRest(this.#from)))) return false;
    if (!this.#missedAny) await this.#noteQuiet(untilMs);
    return true;
  }

  /** From when on events are read; `undefined` when some of them may be gone. */
  async #readFromMs(nowMs: number): Promise<number | undefined> {
    const { cursor, history } = this.#options;
    const goneBeforeMs = nowMs - history.keptMs;
    const fromMs = (eventTimeMs(cursor) ?? 0) - history.overlapMs;
    if (fromMs >= goneBeforeMs) return fromMs;
    const quietMs = await this.#invocation.app.store.history.quietUntil(this.#client);
    const fromQuietMs = (quietMs ?? 0) - history.overlapMs;
    return fromQuietMs >= goneBeforeMs ? fromQuietMs : undefined;
  }

  get #client(): QuietClient {
    const { call, streams, cursor } = this.#options;
    return { path: call.request.path, filters: streams, cursor };
  }

  #read(from: string, maxEvents: number): Promise<readonly StoredEvent[] | undefined> {
    const { signal } = this.#options.call;
    return missedEvents(this.#invocation.app.store, { ...this.#client, from, maxEvents, signal });
  }

  async #readRest(from: string): Promise<readonly StoredEvent[]> {
    const events = await this.#read(from, Number.POSITIVE_INFINITY);
    if (events === undefined) throw gapError("more than 4 MB came after it");
    return events;
  }

  #endIn(problem: string): void {
    if (this.#options.definition.hooks.onGap === undefined) throw gapError(problem);
    this.isGap = true;
  }

  async #noteQuiet(untilMs: number): Promise<void> {
    const { cursor, history } = this.#options;
    // A younger one is kept until the client, whose connection lasts no longer, asks again.
    if (untilMs - (eventTimeMs(cursor) ?? 0) < CONNECTED_MS) return;
    const expireAt = Math.ceil((untilMs + history.keptMs) / 1000);
    const { app, reportError } = this.#invocation;
    try {
      await app.store.history.noteQuiet(this.#client, untilMs, expireAt);
    } catch (error) {
      // The client is up to date; at worst it is told of a gap when it comes back after hours of silence.
      reportError(error, { type: "subscription", path: this.#client.path });
    }
  }

  /** Sends those that were not sent before. */
  async #send(events: readonly StoredEvent[]): Promise<boolean> {
    for (const event of events) {
      if (this.#seen.has(event.cursor)) continue;
      this.#seen.add(event.cursor);
      this.#missedAny ||= event.cursor > this.#options.cursor;
      const frame = await this.#frameOf(event);
      if (frame === undefined) continue;
      const status = await reply(this.#invocation, frame);
      if (status === "gone") return false;
      // To go on would move the client's cursor past it.
      if (status === "failed") throw notSent();
      this.sent++;
    }
    return true;
  }

  async #frameOf(event: StoredEvent): Promise<string | undefined> {
    const { app, connectionId, reportError } = this.#invocation;
    const { call, definition, hookState } = this.#options;
    const { path, replyTo } = call.request;
    call.signal.throwIfAborted();
    const { postTimeoutMs } = defaultDeliveryPolicy;
    try {
      return await frameFor(
        { app, postTimeoutMs },
        { path, definition },
        {
          payload: keptPayload({ app }, { definition }, event),
          subscriber: { ...replyTo, connectionId },
          stored: { ...(hookState !== undefined && { hookState }) },
          signal: call.signal,
        },
      );
    } catch (error) {
      // As at a publish: an event that `onData` cannot make is left out.
      call.signal.throwIfAborted();
      reportError(error, { type: "subscription", path });
      return undefined;
    }
  }
}
