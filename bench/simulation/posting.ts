import type { Invocation } from "./lambda.ts";
import { between } from "./random.ts";
import type { World } from "./world.ts";

/** Longest pause before the second try, and before any: `src/publisher/deliver.ts`. */
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 2_000;

/** What was left when the deadline came. */
export interface PostingEnd {
  /** Rows that were begun. */
  readonly begun: number;
  /** Of them, those that wait for another try. */
  readonly waiting: number;
  readonly isComplete: boolean;
}

interface Post {
  readonly attempt: number;
  readonly firstTry: boolean;
  readonly connectionId: string;
  readonly dueAt: number;
}

/** Posts from one Lambda as `fanOut`, its gate and its poster do, without the subscribers: they are only counted. */
export class Posting {
  readonly #world: World;
  readonly #invocation: Invocation;
  readonly #done: (end: PostingEnd) => void;
  #rows = 0;
  #nextRows: number | undefined;
  #isClosed = false;
  #onTurn: () => void = () => undefined;
  /** Earliest first. */
  readonly #waiting: Post[];
  #begun = 0;
  #inside = 0;
  #isStopped = false;
  #isOver = false;
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(
    world: World,
    invocation: Invocation,
    plan: {
      readonly again?: number;
      readonly stopAt: number;
      readonly done: (end: PostingEnd) => void;
    },
  ) {
    this.#world = world;
    this.#invocation = invocation;
    this.#done = plan.done;
    this.#waiting = Array.from({ length: plan.again ?? 0 }, (_, index) => ({
      attempt: 1,
      firstTry: false,
      connectionId: `again ${index}`,
      dueAt: 0,
    }));
    world.timeline.at(plan.stopAt, () => this.#stop());
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Gives the next page. `onTurn` is called when it is begun, and another one may be read. */
  give(rows: number, onTurn: () => void): void {
    this.#nextRows = rows;
    this.#onTurn = onTurn;
    this.#pump();
  }

  /** There are no more pages. */
  close(): void {
    this.#isClosed = true;
    this.#pump();
  }

  #stop(): void {
    this.#isStopped = true;
    const onTurn = this.#onTurn;
    this.#onTurn = () => undefined;
    onTurn();
    this.#endIfOver();
  }

  #turnPage(): void {
    if (this.#rows > 0 || this.#nextRows === undefined) return;
    this.#rows = this.#nextRows;
    this.#nextRows = undefined;
    const onTurn = this.#onTurn;
    this.#onTurn = () => undefined;
    this.#world.timeline.after(0, onTurn);
  }

  /** Begins what can be begun. */
  #pump(): void {
    const { environment } = this.#invocation;
    const { now } = this.#world.timeline;
    while (!this.#isStopped) {
      this.#turnPage();
      if (!this.#hasTask(now)) break;
      if (this.#inside >= environment.width.current) return;
      const pauseMs = environment.refusals.waitMs(now);
      if (pauseMs > 0) {
        this.#wake(now + pauseMs);
        return;
      }
      this.#begin(now);
    }
    this.#endIfOver();
  }

  #hasTask(now: number): boolean {
    const due = this.#waiting[0];
    if (due !== undefined && due.dueAt <= now) return true;
    if (this.#rows > 0 && this.#waiting.length < this.#world.model.mostWaiting) return true;
    if (due !== undefined) this.#wake(due.dueAt);
    return false;
  }

  /** One timer at a time: whoever is woken looks for what is due next. */
  #wake(at: number): void {
    if (at >= this.#wakeAt) return;
    this.#wakeAt = at;
    this.#world.timeline.at(at, () => {
      if (this.#wakeAt !== at) return;
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.#pump();
    });
  }

  #begin(now: number): void {
    const { model, timeline } = this.#world;
    const [due] = this.#waiting;
    const connectionId = `${now} ${this.#begun}`;
    let post: Post = { attempt: 1, firstTry: true, connectionId, dueAt: now };
    if (due !== undefined && due.dueAt <= now) {
      post = due;
      this.#waiting.shift();
    } else {
      this.#rows--;
      this.#begun++;
    }
    this.#inside++;
    const us = model.cpuPerPostUs - model.cpuPerRowUs;
    const sentAt = this.#invocation.environment.useCpu(us);
    timeline.at(sentAt, () => this.#arrive(post, now));
  }

  #arrive(post: Post, begunAt: number): void {
    const { model, random, quota, timeline } = this.#world;
    const refused = !quota.take(timeline.now);
    const answerMs = between(random, model.postLeastMs, model.postMostMs);
    timeline.after(answerMs, () => this.#answer(post, { refused, begunAt }));
  }

  #answer(post: Post, { refused, begunAt }: { refused: boolean; begunAt: number }): void {
    const { counts, timeline } = this.#world;
    const { now } = timeline;
    const { width, refusals } = this.#invocation.environment;
    if (refused) this.#noteRefused(post, now);
    else {
      counts.delivered++;
      counts.lastDeliveryMs = Math.max(counts.lastDeliveryMs, now);
    }
    const wasFull = this.#inside >= width.current && !this.#isStopped && this.#hasTask(now);
    this.#inside--;
    width.note({ latencyMs: now - begunAt, refused }, wasFull, now);
    const { firstTry, connectionId } = post;
    refusals.note({ refused, firstTry, connectionId }, now);
    this.#pump();
  }

  #noteRefused({ attempt, connectionId }: Post, now: number): void {
    const { counts, model, random } = this.#world;
    counts.refused++;
    if (attempt >= this.#invocation.environment.refusals.tries(model.leastTries)) {
      counts.givenUp++;
      return;
    }
    const mostMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
    const again = {
      attempt: attempt + 1,
      firstTry: false,
      connectionId,
      dueAt: now + random() * mostMs,
    };
    let index = this.#waiting.length;
    while (index > 0 && (this.#waiting[index - 1]?.dueAt ?? 0) > again.dueAt) index--;
    this.#waiting.splice(index, 0, again);
  }

  #endIfOver(): void {
    if (this.#isOver || this.#inside > 0) return;
    const isAllBegun = this.#isClosed && this.#rows === 0 && this.#nextRows === undefined;
    const isComplete = isAllBegun && this.#waiting.length === 0;
    if (!isComplete && !this.#isStopped) return;
    this.#isOver = true;
    this.#done({ begun: this.#begun, waiting: this.#waiting.length, isComplete });
  }
}
