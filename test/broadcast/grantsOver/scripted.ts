import { createTRPCClient, TRPCClientError, type TRPCLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { expect, onTestFinished, vi } from "vitest";
import type {
  BrokerConnection,
  BrokerEvents,
  ConnectBrokerOptions,
  GrantedTopic,
} from "../../../src/client/broadcast/broker.ts";
import { createBroadcastLink } from "../../../src/client/broadcast/link.ts";
import { BrokerConnectionError, BrokerRefusedError } from "../../../src/errors/broadcast.ts";
import type { Grant } from "../../../src/protocol/broadcast.ts";
import { Heard } from "../world.ts";

const t = initTRPC.create();
const { resolver } = initSubscriptions();
const router = t.router({
  a: t.procedure.subscription(resolver<number>()),
  b: t.procedure.subscription(resolver<number>()),
});
type Router = typeof router;
type Path = "a" | "b";

/** A request for a grant, which waits for the test. */
export interface Ask {
  readonly path: string;
  readonly atMs: number;
  /**
   * @param expiresInMs - an hour if it is not said
   * @param names - of its topics; the path if it is not said
   * @returns its token
   */
  grant(expiresInMs?: number, ...names: readonly string[]): string;
  fail(): void;
  /** As a server that says no, for good. */
  refuse(): void;
}

/** A connection that a link opens, which waits for the test. */
export interface Opening {
  readonly grants: readonly Grant[];
  /** What was subscribed to, and with what. */
  readonly subscribed: GrantedTopic[];
  isClosed: boolean;
  accept(): void;
  refuse(): void;
  drop(): void;
  /** To a topic, if it is subscribed here. What has the same topic and data is the same message. */
  publish(name: string, data: number): void;
}

/** What a broker waits for before it confirms topics; nothing unless the test says so. */
interface OnSubscribe {
  wait: ((topics: readonly GrantedTopic[]) => Promise<void>) | undefined;
}

export const SHORT_MS = 10_000;
export const LONG_MS = 3_600_000;
/** After it what has failed has been tried again: five seconds, a fifth more or less. */
export const RETRY_MS = 6_001;

/** A server and a broker that do what the test says, on a clock that stands still until the test turns it. */
export function createScript(topicsFixedAtConnect: boolean) {
  vi.useFakeTimers();
  const asks: Ask[] = [];
  const openings: Opening[] = [];
  const onSubscribe: OnSubscribe = { wait: undefined };
  const link = createBroadcastLink<Router>(
    {
      name: "the broker",
      topicsFixedAtConnect,
      connect: (options) =>
        new Promise((resolve, reject) =>
          openings.push(openingOf(options, { resolve, reject, onSubscribe })),
        ),
    },
    {
      http: scriptedHttp(asks),
      overlapMs: 1_000,
      timeoutMs: 10_000_000,
      backOffMs: [5_000],
    },
  );
  onTestFinished(() => {
    link.close();
    vi.useRealTimers();
  });
  const trpc = createTRPCClient<Router>({ links: [link] });
  return {
    asks,
    openings,
    onSubscribe,
    link,
    subscribe(path: Path): Heard<number> {
      const heard = new Heard<number>();
      trpc[path].subscribe(undefined, heard.callbacks);
      return heard;
    },
    /** Lets what was said take effect, and time pass. */
    pass: (ms = 1) => vi.advanceTimersByTimeAsync(ms),
  };
}

/** What {@link createScript} makes. */
export type Script = ReturnType<typeof createScript>;

/** Two subscriptions that were granted for so long, and whose connection opens. */
export async function opening(topicsFixedAtConnect: boolean, aMs: number, bMs: number) {
  const script = createScript(topicsFixedAtConnect);
  const [a, b] = [script.subscribe("a"), script.subscribe("b")];
  script.asks.shift()?.grant(aMs);
  script.asks.shift()?.grant(bMs);
  await script.pass();
  expect(script.openings).toHaveLength(1);
  return { ...script, a, b };
}

/**
 * Does what a good server and a good broker do, a step at a time.
 *
 * @param names - of the topics that are granted; the path if it is not said
 */
export async function allGoesWell(
  { asks, openings, pass }: Script,
  ...names: readonly string[]
): Promise<void> {
  for (let step = 0; step < 10; step++) {
    for (const ask of asks.splice(0)) ask.grant(LONG_MS, ...names);
    await pass();
    openings.at(-1)?.accept();
    await pass();
  }
}

function scriptedHttp(asks: Ask[]): TRPCLink<Router> {
  let count = 0;
  return () =>
    ({ op }) =>
      observable((observer) => {
        const { path } = op.input as { readonly path: string };
        const failed = (code: string, httpStatus: number): void =>
          observer.error(
            TRPCClientError.from({
              error: { message: code, code: -32_603, data: { code, httpStatus } },
            } as never),
          );
        asks.push({
          path,
          atMs: Date.now(),
          grant(expiresInMs = LONG_MS, ...names) {
            const id = `${path}${++count}`;
            const grant: Grant = {
              topics: (names.length === 0 ? [path] : names).map((name) => `topic/${name}`),
              token: id,
              clientId: id,
              expiresInMs,
            };
            observer.next({ result: { type: "data", data: grant } });
            return id;
          },
          fail: () => observer.error(TRPCClientError.from(new TypeError("fetch failed"))),
          refuse: () => failed("FORBIDDEN", 403),
        });
      });
}

function openingOf(
  { grants, onMessage, onClose }: ConnectBrokerOptions,
  {
    resolve,
    reject,
    onSubscribe,
  }: {
    resolve(connection: BrokerConnection): void;
    reject(error: Error): void;
    readonly onSubscribe: OnSubscribe;
  },
): Opening {
  const topics = new Set<string>();
  const opening: Opening = {
    grants,
    subscribed: [],
    isClosed: false,
    accept: () =>
      resolve({
        async subscribe(granted) {
          opening.subscribed.push(...granted);
          await onSubscribe.wait?.(granted);
          for (const { topic } of granted) topics.add(topic);
        },
        unsubscribe(names) {
          for (const name of names) topics.delete(name);
        },
        close() {
          opening.isClosed = true;
        },
      }),
    refuse: () => reject(new BrokerRefusedError("the connection was refused")),
    drop: () => onClose(new BrokerConnectionError("the connection was dropped")),
    publish(name, data) {
      const topic = `topic/${name}`;
      if (!opening.isClosed && topics.has(topic)) deliver(onMessage, topic, data);
    },
  };
  return opening;
}

function deliver(onMessage: BrokerEvents["onMessage"], topic: string, d: number): void {
  onMessage(topic, JSON.stringify({ m: `${topic} ${d}`, d }));
}
