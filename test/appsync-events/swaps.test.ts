import { tracked } from "@trpc/server";
import { expect, it } from "vitest";
import { Heard, until } from "../broadcast/world.ts";
import { seeded } from "../seeded.ts";
import { createWorld } from "./world.ts";

const CLIENTS = 6;
const ROUNDS = 10;
const MAX_DELAY_MS = 40;

const seed = Number(process.env["SWAPS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const random = seeded(seed);

/** A world whose API brings each event late to each socket, so that they overtake each other. */
async function lateWorld() {
  const state = { connected: 0, underWay: 0 };
  const world = await createWorld({
    api: {
      onEvent: ({ type }) => void (type === "connected" && state.connected++),
      delay: async () => {
        state.underWay++;
        await new Promise((resolve) => setTimeout(resolve, random() * MAX_DELAY_MS));
        state.underWay--;
      },
    },
  });
  return { world, state };
}

it(`loses and doubles nothing over ${CLIENTS * ROUNDS} swaps of credentials, SWAPS_SEED=${seed}`, async () => {
  const { world, state } = await lateWorld();
  const heard = Array.from({ length: CLIENTS }, () => new Heard<{ readonly id: string }>());
  const failures: Error[] = [];
  const links = heard.map(({ callbacks }, index) => {
    const { trpc, link } = world.client(`user ${index % 2}`, {
      overlapMs: 10 * MAX_DELAY_MS,
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
    const filter = { name: "room", input: { room: "red", agent: "a" } } as const;
    await world.publisher.routes.chat.onMessage.publish({
      data: tracked(id, { text: id }),
      filter,
    });
  };
  for (let round = 1; round <= ROUNDS; round++) {
    for (const link of links) link.renew();
    const enough = published.length + 10;
    while (state.connected < CLIENTS * (1 + round) || published.length < enough) await publish();
  }
  await until(() => state.underWay === 0);
  // What came twice has come before it, on whichever socket.
  await publish();
  await until(() => heard.every(({ data }) => data.length >= published.length));
  for (const { data, states } of heard) {
    const got = data.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b));
    expect(got).toEqual(published);
    // Nobody was without a connection for a moment.
    expect(states).toEqual(["connecting", "pending"]);
  }
  expect(failures).toEqual([]);
});
