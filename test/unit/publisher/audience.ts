import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import type { OnEvent } from "../../../src/events/types.ts";
import { createPublisher } from "../../../src/publisher/createPublisher.ts";
import {
  type FanOutOptions,
  type PublisherErrorHandler,
  publisherContext,
} from "../../../src/publisher/publisherOptions.ts";
import type { PostOptions, Transport } from "../../../src/publisher/transport.ts";
import type { PublishReport, ResumeOptions } from "../../../src/publisher/types.ts";
import { memory } from "../../../src/store/memory.ts";
import type { Store } from "../../../src/store/types.ts";
import type { App } from "../../../src/subscriptions/app.ts";
import { declareFilters } from "../../../src/subscriptions/declareFilters.ts";
import { subscriberRoutes } from "../../../src/subscriptions/filter.ts";
import type { HistoryOptions } from "../../../src/subscriptions/history.ts";
import { encodeHookState } from "../../../src/subscriptions/hookState.ts";
import { createResolver } from "../../../src/subscriptions/resolver.ts";
import { API, END_SECONDS, frame, START_MS } from "../../../src/testing/store/world.ts";

type Failure = Parameters<PublisherErrorHandler>[0];

/** A subscriber of `p`: its filters are `byUser` and `byRoom`. */
export interface Listener {
  readonly connectionId: string;
  readonly id?: number;
  readonly userId?: number;
  readonly room?: number;
}

/** What a post of the fake transport was given. */
export interface Posted extends PostOptions {
  readonly connectionId: string;
  readonly frame: string;
}

/** What these tests look at of what the hook is given. */
interface OnDataOptions {
  readonly data: unknown;
  readonly input: unknown;
}

export interface AudienceOptions extends FanOutOptions {
  readonly shards?: number;
  readonly path?: string;
  readonly plain?: boolean;
  /** Takes what the hook is given. */
  readonly onData?: (options: OnDataOptions) => unknown;
  readonly onStop?: () => Promise<void>;
  /** The route has a history. */
  readonly history?: HistoryOptions;
  readonly post?: (posted: Posted) => Promise<void>;
  readonly close?: Transport["close"];
  /** Stands between the publisher and the store. */
  readonly wrap?: (store: Store) => Store;
  readonly store?: ReturnType<typeof memory>;
  readonly onEvent?: OnEvent;
}

/** The verbs that these tests use, without their types. */
interface Verbs {
  publish(options: unknown): Promise<PublishReport>;
  complete(filter?: unknown): Promise<PublishReport>;
  count(filter?: unknown): Promise<number>;
}

/** What tRPC does without a transformer. */
const plain = { serialize: (value: unknown) => value, deserialize: (value: unknown) => value };

function appOf(options: AudienceOptions, store: Store): App {
  const { shards = 1, path = "p", onData, onStop, history } = options;
  const t = initTRPC.create({ transformer: options.plain === true ? plain : superjson });
  const hooks = {
    shards,
    ...(onData !== undefined && { onData: (given: OnDataOptions) => onData(given) as never }),
    ...(onStop !== undefined && { onStop }),
  };
  const procedure =
    history === undefined
      ? t.procedure.subscription(createResolver<unknown>(hooks))
      : t.procedure.subscription(createResolver<unknown>({ ...hooks, history }));
  const router = t.router({ [path]: procedure });
  const unfiltered = { router, store, filters: new Map() };
  const filters = declareFilters(unfiltered, path, [
    { name: "byUser", ctx: { userId: true } },
    { name: "byRoom", input: { room: true } },
  ]);
  const { onEvent } = options;
  return { ...unfiltered, filters, ...(onEvent !== undefined && { onEvent }) };
}

/** A publisher of one route over a store in memory, a fake transport, and what happened to them. */
export function audience(options: AudienceOptions = {}) {
  const store = options.store ?? memory({ now: () => START_MS });
  const path = options.path ?? "p";
  const posts: Posted[] = [];
  const failures: Failure[] = [];
  const app = appOf(options, options.wrap?.(store) ?? store);
  const transport: Transport = {
    async post(connectionId, text, how) {
      const posted = { connectionId, frame: text, ...how };
      posts.push(posted);
      await options.post?.(posted);
    },
    close: options.close ?? (async () => undefined),
  };
  const onError = (failure: Failure): void => void failures.push(failure);
  const context = publisherContext({ app, transport, api: API }, { ...options, onError });
  const publisher = createPublisher(context);
  const routes = publisher.routes as Record<string, Verbs>;
  const { publish, complete, count } = routes[path] as Verbs;
  const join = async ({ connectionId, id = 1, userId, room }: Listener): Promise<void> => {
    const times = { connectedAt: START_MS, expireAt: END_SECONDS };
    const fresh = { connectionId, api: API, paramsExpected: false, ...times };
    await store.connect(fresh);
    const [input, ctx] = [{ room }, { userId }];
    const addresses = subscriberRoutes(app, { path, input, ctx });
    const hookState = encodeHookState(app.router, { input, ctx });
    const subscription = { id, path, routes: addresses, shards: options.shards ?? 1, hookState };
    await store.subscribe(fresh, [frame(subscription)]);
  };
  const resume = (cursor: unknown, how?: ResumeOptions): Promise<PublishReport> =>
    publisher.resume(cursor as string, how);
  const { disconnect } = publisher;
  return {
    store,
    app,
    context,
    posts,
    failures,
    join,
    publish,
    complete,
    count,
    disconnect,
    resume,
  };
}

/** Joins as many connections, each with one subscription. */
export async function joinAll(
  { join }: Pick<ReturnType<typeof audience>, "join">,
  count: number,
  fields: Partial<Listener> = {},
): Promise<void> {
  for (let index = 0; index < count; index++) {
    await join({ connectionId: `c${index}`, ...fields });
  }
}

/** Ten posts fit in: those begun in the first 90 ms end in time. */
export const DEADLINE_MS = 100;
export const COUNT = 25;

/** Posts one after the other, each in 9 ms. */
export async function slowAudience(options: AudienceOptions = {}, count: number = COUNT) {
  const post = () => new Promise<void>((resolve) => setTimeout(resolve, 9));
  const one = audience({ concurrency: 1, post, ...options });
  await joinAll(one, count);
  return one;
}

/** The cursor of a report that must have one. */
export function cursorOf({ cursor }: PublishReport): string {
  if (cursor === undefined) throw new Error("the report has no cursor");
  return cursor;
}
