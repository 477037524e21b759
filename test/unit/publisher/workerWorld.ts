import { createPublisher } from "../../../src/publisher/createPublisher.ts";
import { openCursor } from "../../../src/publisher/cursor.ts";
import { createFanOutHandler } from "../../../src/publisher/fanOutHandler.ts";
import type { FanOutJob } from "../../../src/publisher/job.ts";
import type { PublisherContext } from "../../../src/publisher/publisherOptions.ts";
import type { QueueMessage } from "../../../src/publisher/queue.ts";
import type { FanOutReport, PublishReport, ResumeOptions } from "../../../src/publisher/types.ts";
import { workerContext } from "../../../src/publisher/workerContext.ts";
import { type MemoryStore, memory } from "../../../src/store/memory.ts";
import type { Route, Store } from "../../../src/store/types.ts";
import { type AudienceOptions, audience, type Listener, type Posted } from "./audience.ts";
import { throughTime } from "./virtualTime.ts";
import { type Fault, WorkerProcess } from "./workerProcess.ts";
import { WorkerQueue } from "./workerQueue.ts";

type Failure = ReturnType<typeof audience>["failures"][number];

/** Options of {@link WorkerWorld}. */
export interface WorkerWorldOptions extends AudienceOptions {
  readonly threshold?: number;
  readonly recipientsPerMessage?: number;
  readonly maxMessageBytes?: number;
  /** Rows of one page; absent for the store's own. */
  readonly pageRows?: number;
  readonly visibilityMs?: number;
  readonly maxReceiveCount?: number;
  /** Time of a worker. @defaultValue 8 s */
  readonly lambdaMs?: () => number;
  /** Instead of the queue's own. */
  readonly send?: () => Promise<void>;
  /** Of every call to store, queue and gateway. */
  readonly latencyMs?: () => number;
}

/** A publisher, a queue and as many workers as are asked for, each a process of its own, over one store in memory. */
export class WorkerWorld {
  readonly store: MemoryStore;
  readonly queue: WorkerQueue;
  /** Subscriptions that were posted to, as often as they were. */
  readonly accepted: string[] = [];
  readonly reports: FanOutReport[] = [];
  readonly failures: Failure[] = [];
  /** Names of the store's methods, as they were called. */
  readonly calls: string[] = [];
  readonly join: (listener: Listener) => Promise<void>;
  readonly #options: WorkerWorldOptions;
  readonly #seen: Store;

  constructor(options: WorkerWorldOptions = {}) {
    const { visibilityMs = 10_000, maxReceiveCount = 5 } = options;
    this.#options = options;
    this.store = options.store ?? memory({ now: () => Date.now() });
    this.queue = new WorkerQueue({ visibilityMs, maxReceiveCount });
    this.#seen = watched(paged(this.store, options.pageRows), this.calls);
    this.join = audience({ ...options, store: this.store }).join;
  }

  /** A publisher and a worker in one process. */
  start(fault?: Fault) {
    const options = this.#options;
    const { recipientsPerMessage, latencyMs = () => 0 } = options;
    const process = new WorkerProcess(fault, latencyMs);
    const post = (posted: Posted): Promise<void> =>
      process.post(async () => {
        await options.post?.(posted);
        this.accepted.push(subscriptionOf(posted));
      });
    const fanOut = options.fanOut ?? this.queue.of(process, options);
    const wrap = (): Store => process.store(this.#seen);
    const one = audience({ ...options, store: this.store, wrap, post, fanOut });
    const report = (cause: unknown, at: object): void => {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (!process.isDead) this.failures.push({ error, ...at });
    };
    const context = { ...one.context, report };
    const { publish, resume } = publisherOf(context);
    const queue = this.queue.of(process, options);
    const handler = createFanOutHandler(
      workerContext(context, { queue, recipientsPerMessage }),
      queue,
      (each) => {
        if (!process.isDead) this.reports.push(each);
      },
    );
    return { process, publish, resume, handler };
  }

  /** One invocation. @returns whether it ended and said that all is well, and whether anything happened to it */
  async invoke(
    message: QueueMessage,
    fault?: Fault,
  ): Promise<{ readonly isDone: boolean; readonly isHit: boolean }> {
    const { process, handler } = this.start(fault);
    const lambdaMs = this.#options.lambdaMs?.() ?? 8_000;
    const endsAt = Date.now() + lambdaMs;
    const timer = setTimeout(() => process.die(), lambdaMs);
    const context = { getRemainingTimeInMillis: () => endsAt - Date.now() };
    const outcome = await Promise.race([handler(message, context), process.died]);
    clearTimeout(timer);
    const isDone = outcome !== "died" && !outcome.isFailed;
    return { isDone, isHit: process.isHit || process.isDead };
  }

  /** Receives the oldest message that can be. @returns what became of it; `undefined` when none could be received */
  async next(fault?: Fault): Promise<"done" | "again" | undefined> {
    const [message] = this.queue.visible();
    const received = message && this.queue.receive(message);
    if (received === undefined) return undefined;
    const { isDone } = await this.invoke(received, fault);
    if (isDone) this.queue.delete(received);
    return isDone ? "done" : "again";
  }

  /** Receives one after the other, until nothing is left. */
  async drain(): Promise<void> {
    while (this.queue.size > 0) {
      if (this.queue.visible().length > 0) await this.next();
      else await new Promise((resolve) => setTimeout(resolve, this.queue.hiddenMs()));
    }
  }

  publish(given: unknown, fault?: Fault): Promise<PublishReport> {
    return this.start(fault).publish(given);
  }

  resume(cursor: unknown, how?: ResumeOptions): Promise<PublishReport> {
    return this.start().resume(cursor, how);
  }

  /** The jobs that were sent, in their order. */
  async jobs(): Promise<readonly FanOutJob[]> {
    const secret = await this.store.signingKey();
    return this.queue.sent.map((body) => openCursor(body, { secret, nowMs: Date.now() }).job);
  }
}

function publisherOf(context: PublisherContext) {
  const publisher = createPublisher(context);
  const routes = publisher.routes as Record<
    string,
    { publish(options: unknown): Promise<PublishReport> }
  >;
  return {
    publish: (options: unknown): Promise<PublishReport> => {
      const route = routes["p"];
      if (route === undefined) throw new Error("there is no route p");
      return route.publish(options);
    },
    resume: (cursor: unknown, how?: ResumeOptions): Promise<PublishReport> =>
      publisher.resume(cursor as string, how),
  };
}

/** `connection/subscription`. */
function subscriptionOf({ connectionId, frame }: Posted): string {
  return `${connectionId}/${JSON.parse(frame).id}`;
}

/** Joins as many connections with one subscription each; their names sort by number. */
export async function crowd(
  { join }: Pick<WorkerWorld, "join">,
  count: number,
  fields: Partial<Listener> = {},
): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => String(index).padStart(4, "0"));
  for (const name of names) await join({ connectionId: name, ...fields });
  return names.map((name) => `${name}/1`);
}

/** Parts of ten; the first one is a message. */
export const tens: WorkerWorldOptions = { threshold: 0, recipientsPerMessage: 10, pageRows: 10 };

/** Publishes to as many, all of whom the workers are left. */
export async function published(count: number, options: WorkerWorldOptions = {}) {
  const it = new WorkerWorld({ ...tens, ...options });
  const everybody = await crowd(it, count);
  await throughTime(it.publish({ data: 1 }));
  return { it, everybody };
}

/** A process that dies at one of its calls. */
export const dies = (at: Fault["at"], call: number, isAfter = false): Fault => ({
  ...(at !== undefined && { at }),
  ...{ call, kind: "die", isAfter },
});

/** How often each was posted to, of those that were not once. */
export function notOnce(
  addressed: readonly string[],
  accepted: readonly string[],
): Readonly<Record<string, number>> {
  const times = new Map(addressed.map((each) => [each, 0]));
  for (const each of accepted) times.set(each, (times.get(each) ?? 0) + 1);
  return Object.fromEntries([...times].filter(([, count]) => count !== 1));
}

/** Cuts the pages of a store into smaller ones. */
function paged(store: Store, pageRows: number | undefined): Store {
  if (pageRows === undefined) return store;
  return {
    ...store,
    async *findRoutes(query): AsyncGenerator<readonly Route[], void, undefined> {
      for await (const page of store.findRoutes(query)) {
        for (let from = 0; from < page.length; from += pageRows) {
          query.signal?.throwIfAborted();
          yield page.slice(from, from + pageRows);
        }
      }
    },
  };
}

/** Notes what is called. */
function watched<T extends object>(target: T, calls: string[]): T {
  return new Proxy(target, {
    get(from, name) {
      const value: unknown = Reflect.get(from, name);
      if (typeof value === "object" && value !== null) return watched(value, calls);
      if (typeof value !== "function") return value;
      return (...given: readonly unknown[]): unknown => {
        calls.push(String(name));
        return Reflect.apply(value, from, given);
      };
    },
  });
}
