import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { record } from "../client.ts";
import { deferred } from "../deferred.ts";
import { startWorld } from "../publish/world.ts";
import { pinnedVersion } from "../trpcVersion.ts";
import { rawSocket, started } from "../wire/rawSocket.ts";
import { type Received, textsOnce } from "./feed.ts";

const OVERLAP_SECONDS = 6;

/** Things that happen once, at a moment that the test does not make. */
class Moments {
  readonly #due = new Map<string, () => Promise<void>>();

  at(moment: string, work: () => Promise<void>): void {
    this.#due.set(moment, work);
  }

  take(moment: string): (() => Promise<void>) | undefined {
    const work = this.#due.get(moment);
    this.#due.delete(moment);
    return work;
  }
}

function feed(moments: Moments) {
  const subscriptions = initSubscriptions();
  const t = initTRPC.context<object>().create();
  const router = t.router({
    onMessage: t.procedure.input(z.object({ lastEventId: z.string() })).subscription(
      subscriptions.resolver<string>({
        history: { overlapSeconds: OVERLAP_SECONDS },
        async onData({ data }) {
          await moments.take(`${data} is sent`)?.();
          return data;
        },
      }),
    ),
  });
  return (store: Store) => subscriptions.router({ router }).store({ store });
}

const pass = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  onTestFinished(() => void vi.useRealTimers());
});

it("what is kept while a slow replay is sent comes before anything live, which no overlap would reach", async () => {
  const moments = new Moments();
  let isStored = false;
  const world = await startWorld(feed(moments), {
    plan({ command, input }) {
      isStored ||= command === "TransactWriteItemsCommand";
      const isReading = command === "QueryCommand" && JSON.stringify(input).includes('"event#');
      const before = isStored && isReading ? moments.take("second reading") : undefined;
      return before && { before };
    },
  });
  const { publish } = world.publisher.routes.onMessage;
  const lastEventId = world.publisher.cursor();
  await publish({ data: "one" });
  moments.at("one is sent", async () => {
    await publish({ data: "two" });
    pass(OVERLAP_SECONDS * 1_000 + 1);
  });
  moments.at("second reading", async () => {
    const { length } = heard;
    await publish({ data: "three" });
    await bob.received(length + 1);
    await world.gateway.dropConnection(await connectionId);
  });
  const { client, connectionId } = world.join({}, pinnedVersion, { retryDelayMs: () => 0 });
  const bob = record<Received>((on) => client.onMessage.subscribe({ lastEventId }, on));
  const { data: heard } = bob;
  await bob.started;
  await publish({ data: "four" });
  while (!textsOnce(heard).includes("four")) await bob.received(heard.length + 1);
  expect(textsOnce(heard)).toEqual(["one", "two", "three", "four"]);
});

it("a replay for an id whose stop is late waits for the stop, so that nothing live comes in its middle", async () => {
  const moments = new Moments();
  const { promise: stopped, resolve: stop } = deferred();
  let looks = Number.NEGATIVE_INFINITY;
  const world = await startWorld(feed(moments), {
    gateway: {
      delay: (event) =>
        "body" in event && event.body?.includes("subscription.stop") === true ? stopped : undefined,
    },
    plan({ command }) {
      // Once its id was found in use, the stop is handled.
      if (command === "BatchGetItemCommand" && ++looks === 2) stop();
      return undefined;
    },
  });
  const { publish } = world.publisher.routes.onMessage;
  await publish({ data: "one" });
  const input = { lastEventId: world.publisher.cursor() };
  const socket = await rawSocket(`${world.gateway.url}?session={}`);
  socket.subscribe(1, "onMessage", input);
  await socket.next(started(1));
  const reports: number[] = [];
  moments.at("one is sent", async () => {
    reports.push((await publish({ data: "two" })).matched);
  });
  looks = 0;
  for (const send of [() => socket.unsubscribe(1), () => socket.subscribe(1, "onMessage", input)]) {
    pass(10);
    send();
    await socket.sync();
  }
  await socket.next(({ result }) => JSON.stringify(result?.data)?.includes('"two"') === true);
  expect(reports).toEqual([0]);
  await world.gateway.settled();
  await socket.close();
});
