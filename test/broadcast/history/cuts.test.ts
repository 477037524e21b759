import { describe, expect, it } from "vitest";
import { seeded } from "../../seeded.ts";
import { Heard, until } from "../world.ts";
import { hearing, numbers, tick, upTo } from "./feed.ts";
import { createWorld, engines, type Given } from "./world.ts";

const seed = Number(process.env["CUTS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

describe.each(Object.entries(engines))("on %s", (_, start) => {
  it("30 events around a cut come each once, in order, with the data of the transformer", async () => {
    const { heard, publisher, drop } = await hearing(start);
    const publish = (n: number) => publisher.routes.feed.publish(tick(n));
    for (const n of upTo(10)) expect(await publish(n)).toMatchObject({ sent: 1, failed: 0 });
    await drop();
    for (const n of upTo(20).slice(10)) await publish(n);
    await heard.start(2);
    for (const n of upTo(30).slice(20)) await publish(n);
    await until(() => heard.data.length >= 30);
    expect(numbers(heard)).toEqual(upTo(30));
    expect(heard.data.at(14)?.data.at).toEqual(new Date(15));
    expect(heard.errors).toEqual([]);
  });

  it(`three cuts in a row, while somebody publishes all the time, lose and repeat nothing, CUTS_SEED=${seed}`, async () => {
    const next = seeded(seed);
    const { heard, publisher, drop } = await hearing(start);
    // Each begins when the one before is sent: cuts meet them anywhere.
    const cutAt = new Set([0, 1, 2].map((cut) => 5 + cut * 20 + Math.floor(next() * 18)));
    for (const n of upTo(70)) {
      const publish = publisher.routes.feed.publish({
        ...tick(n),
        ...(next() < 0.5 && { filter: { name: "mine", ctx: { userId: "ann" } } }),
      });
      if (cutAt.has(n)) await drop();
      await publish;
      if (next() < 0.3) await new Promise((resolve) => setTimeout(resolve, next() * 10));
    }
    await until(() => heard.data.length >= 70);
    expect(numbers(heard)).toEqual(upTo(70));
    expect(heard.errors).toEqual([]);
  });
});

describe.each(Object.entries(engines))("on %s, with one connection for several,", (_, start) => {
  it(`cuts between comings, goings and renewals lose and repeat nothing, CUTS_SEED=${seed}`, async () => {
    const next = seeded(seed);
    const { client, publisher, drop, links } = await createWorld(start);
    const trpc = await client("ann");
    const listen = (room: string) => {
      const heard = new Heard<Given>();
      return { heard, ...trpc.feed.subscribe({ room }, heard.callbacks) };
    };
    const [red, blue] = [listen("red"), listen("blue")];
    await Promise.all([red.heard.start(), blue.heard.start()]);
    const filter = { name: "mine", ctx: { userId: "ann" } } as const;
    const steps = [
      // Where topics are fixed at the connect it takes another connection, with the tokens of all.
      () => listen(`room ${next()}`),
      () => listen(`room ${next()}`).unsubscribe(),
      () => links[0]?.renew(),
      drop,
    ];
    for (const n of upTo(60)) {
      const publish = publisher.routes.feed.publish({ ...tick(n), filter });
      if (n % 5 === 0) await steps[Math.floor(next() * steps.length)]?.();
      await publish;
      if (next() < 0.3) await new Promise((resolve) => setTimeout(resolve, next() * 10));
    }
    await drop();
    await publisher.routes.feed.publish({ ...tick(61), filter });
    await until(() => [red, blue].every(({ heard }) => heard.data.length >= 61));
    for (const { heard } of [red, blue]) {
      expect(numbers(heard)).toEqual(upTo(61));
      expect(heard.errors).toEqual([]);
    }
  });
});
