import { describe, expect, it, onTestFinished, vi } from "vitest";
import { seeded } from "../seeded.ts";
import { createWorld, Heard, until } from "./world.ts";

/** A subscription with what it heard, and how to end it. */
interface Live {
  readonly heard: Heard<number>;
  unsubscribe(): void;
}

const ROUNDS = 60;

describe.each([
  ["takes topics at any time", false],
  ["takes topics at connect alone", true],
])("with a broker that %s a link comes to rest", (_, topicsFixedAtConnect) => {
  it("whatever happened before: all who are left hear each event once, on one connection", async () => {
    const seed = Date.now() % 2 ** 31;
    // biome-ignore lint/suspicious/noConsole: with it a failure can be repeated
    console.info(`a restless link: seed ${seed}`);
    const next = seeded(seed);
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const { client, publisher, broker } = await createWorld({
      latencyMs: () => next() * 4,
      topicsFixedAtConnect,
    });
    const { trpc, link } = await client(undefined, {
      overlapMs: 10,
      timeoutMs: 500,
      backOffMs: [5, 10],
      onError: () => {},
    });
    const live: Live[] = [];
    const all: Heard<number>[] = [];
    const add = (): void => {
      const heard = new Heard<number>();
      all.push(heard);
      // Half of them on another topic.
      const route = next() < 0.5 ? trpc.news : trpc.ticks;
      const { unsubscribe } = route.subscribe(undefined, heard.callbacks);
      live.push({ heard, unsubscribe });
    };
    const steps: readonly (() => void)[] = [
      add,
      add,
      () => live.splice(Math.floor(next() * live.length), 1)[0]?.unsubscribe(),
      () => link.renew(),
      () => broker.drop(),
      () => broker.setDown(true),
      () => broker.setDown(false),
    ];
    let published = 0;
    for (let round = 0; round < ROUNDS; round++) {
      // A machine that sleeps: all grants are over. Not so often that copies of a message come in different nights.
      if (round % 20 === 19) vi.setSystemTime(Date.now() + 61 * 60_000);
      steps[Math.floor(next() * steps.length)]?.();
      await publisher.routes.news.publish({ data: published });
      await publisher.routes.ticks.publish({ data: published++ });
      if (next() < 0.7) await new Promise((resolve) => setTimeout(resolve, next() * 20));
    }
    broker.setDown(false);
    add();
    await until(() => live.every(({ heard }) => heard.states.at(-1) === "pending"));
    await until(() => broker.connections === 1);
    const last = published;
    await publisher.routes.news.publish({ data: last });
    await publisher.routes.ticks.publish({ data: last });
    await until(() => live.every(({ heard }) => heard.data.at(-1) === last));
    for (const { data, errors } of all) {
      expect(new Set(data).size).toBe(data.length);
      expect(data).toEqual(data.toSorted((a, b) => a - b));
      expect(errors).toEqual([]);
    }
    for (const { unsubscribe } of live) unsubscribe();
    expect(broker.connections).toBe(0);
  });
});
