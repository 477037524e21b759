import { tracked } from "@trpc/server";
import { expect, it } from "vitest";
import { Heard, until } from "../broadcast/world.ts";
import { seeded } from "../seeded.ts";
import { createWorld } from "./world.ts";

const CLIENTS = 6;
const SWAPS = 60;
const MAX_DELAY_MS = 40;

const seed = Number(process.env["SWAPS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const random = seeded(seed);

it(`loses and doubles nothing over ${SWAPS} swaps of credentials, SWAPS_SEED=${seed}`, async () => {
  let connected = 0;
  const world = await createWorld({
    engine: { grantTtlMs: 400 },
    api: {
      onEvent: ({ type }) => void (type === "connected" && connected++),
      // Old and new socket bring the same event at different times, and events overtake each other.
      delay: () => new Promise((resolve) => setTimeout(resolve, random() * MAX_DELAY_MS)),
    },
  });
  const heard = Array.from({ length: CLIENTS }, () => new Heard<{ readonly id: string }>());
  for (const [index, { callbacks }] of heard.entries()) {
    const { trpc } = world.client(`user ${index % 2}`, { overlapMs: 2 * MAX_DELAY_MS });
    trpc.chat.onMessage.subscribe({ room: "red" }, callbacks);
  }
  await Promise.all(heard.map((each) => each.start()));

  const published: string[] = [];
  const { publish } = world.publisher.routes.chat.onMessage;
  while (connected < CLIENTS + SWAPS) {
    const id = `${published.length}`;
    published.push(id);
    const filter = { name: "room", input: { room: "red", agent: "a" } } as const;
    await publish({ data: tracked(id, { text: id }), filter });
  }
  await until(() => heard.every(({ data }) => data.length >= published.length));
  await world.api.settled();
  for (const { data, errors, states } of heard) {
    const got = data.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b));
    expect(got).toEqual(published);
    expect(errors).toEqual([]);
    // Nobody was without a connection for a moment.
    expect(states.at(-1)).toBe("pending");
  }
  expect(published.length).toBeGreaterThan(SWAPS);
});
