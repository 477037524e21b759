import { tracked } from "@trpc/server";
import { expect, it } from "vitest";
import { createWorld as appSyncWorld } from "../appsync-events/world.ts";
import { seeded } from "../seeded.ts";
import { createWorld as iotWorld } from "./iot-core/world.ts";
import { Heard, until } from "./world.ts";

const CLIENTS = 6;
const MAX_DELAY_MS = 20;

const seed = Number(process.env["SWAPS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const random = seeded(seed);

/** What an emulator calls: it brings each event late to each connection; on AppSync Events they overtake each other. */
function lateness() {
  const state = { connected: 0, underWay: 0 };
  const faults = {
    onEvent: ({ type }: { readonly type: string }) =>
      void (type === "connected" && state.connected++),
    delay: async () => {
      state.underWay++;
      await new Promise((resolve) => setTimeout(resolve, random() * MAX_DELAY_MS));
      state.underWay--;
    },
  };
  return { state, faults };
}

type Faults = ReturnType<typeof lateness>["faults"];

const onAppSync = async (api: Faults) => {
  const world = await appSyncWorld({ api });
  return { ...world, connections: () => world.api.connectionIds().length };
};

const onIotCore = (authorization: "capability" | "exact") => async (broker: Faults) => {
  const world = await iotWorld({ engine: { authorization }, broker });
  return { ...world, connections: () => world.iotCore.clientIds().length };
};

it.each([
  { broker: "AppSync Events", rounds: 10, start: onAppSync },
  { broker: "IoT Core by capability", rounds: 10, start: onIotCore("capability") },
  { broker: "IoT Core with exact policies", rounds: 4, start: onIotCore("exact") },
])(
  `over ${CLIENTS} times $rounds swaps of credentials under load nothing is lost and nothing comes twice: $broker, SWAPS_SEED=${seed}`,
  async ({ rounds, start }) => {
    const { state, faults } = lateness();
    const { client, publisher, connections } = await start(faults);
    const failures: Error[] = [];
    const heard = Array.from({ length: CLIENTS }, () => new Heard<{ readonly id: string }>());
    const links = heard.map(({ callbacks }, index) => {
      const { trpc, link } = client(`user ${index % 2}`, {
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
      await publisher.routes.chat.onMessage.publish({ data: tracked(id, { text: id }) });
    };
    for (let round = 1; round <= rounds; round++) {
      for (const link of links) link.renew();
      // While the new connections open, while everybody hears on two, and until the old ones are closed.
      while (state.connected < CLIENTS * (1 + round) || connections() > CLIENTS) await publish();
    }
    await until(() => state.underWay === 0);
    // What came twice has come before it.
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
