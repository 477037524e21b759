import { tracked } from "@trpc/server";
import { expect, it } from "vitest";
import { seeded } from "../../seeded.ts";
import { Heard, until } from "../world.ts";
import { createWorld } from "./world.ts";

const CLIENTS = 6;
const MAX_DELAY_MS = 20;

const seed = Number(process.env["SWAPS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const random = seeded(seed);

it.each([
  ["capability", 10],
  ["exact", 4],
] as const)(
  `loses and doubles nothing while credentials change under load (%s, %s rounds), SWAPS_SEED=${seed}`,
  async (authorization, rounds) => {
    const state = { connected: 0, underWay: 0 };
    const world = await createWorld({
      engine: { authorization },
      broker: {
        onEvent: ({ type }) => void (type === "connected" && state.connected++),
        delay: async () => {
          state.underWay++;
          await new Promise((resolve) => setTimeout(resolve, random() * MAX_DELAY_MS));
          state.underWay--;
        },
      },
    });
    const failures: Error[] = [];
    const heard = Array.from({ length: CLIENTS }, () => new Heard<{ readonly id: string }>());
    const links = heard.map(({ callbacks }, index) => {
      const { trpc, link } = world.client(`user ${index % 2}`, {
        overlapMs: 1_000,
        onError: (error) => failures.push(error),
      });
      trpc.chat.onMessage.subscribe({ room: "red" }, callbacks);
      return link;
    });
    await Promise.all(heard.map((each) => each.start()));
    const published: string[] = [];
    const publish = async (): Promise<void> => {
      const id = `${published.length}`;
      published.push(id);
      await world.publisher.routes.chat.onMessage.publish({ data: tracked(id, { text: id }) });
    };
    for (let round = 1; round <= rounds; round++) {
      for (const link of links) link.renew();
      const enough = published.length + 10;
      while (state.connected < CLIENTS * (1 + round) || published.length < enough) await publish();
    }
    await until(() => state.underWay === 0);
    // What came twice has come before it, on whichever connection.
    await publish();
    await until(() => heard.every(({ data }) => data.length >= published.length));
    for (const { data, states } of heard) {
      const got = data.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b));
      expect(got).toEqual(published);
      // Nobody was without a connection for a moment.
      expect(states).toEqual(["connecting", "pending"]);
    }
    expect(failures).toEqual([]);
  },
);
