import { dynamodb } from "trpc-aws-subscriptions";
import { recordingClient } from "trpc-aws-subscriptions/testing";
import { expect, it, onTestFinished } from "vitest";
import { observe } from "../../contract/observe.ts";
import { createTestTable } from "../../testTable.ts";
import { report } from "../figures.ts";
import { isSoak, limitMs, seed, size } from "../size.ts";
import { LeakWorld } from "./leakWorld.ts";
import { Population } from "./population.ts";
import type { Recorder } from "./recorder.ts";
import { populate, publishAll } from "./traffic.ts";

const few = { tenants: 20, connectionsPerTenant: 4, subscriptionsPerConnection: 5 };
const all = { tenants: 100, connectionsPerTenant: 10, subscriptionsPerConnection: 10 };

/** A client of the SDK's, whose requests are signed. */
function sdkClient(api: number, recorder: Recorder) {
  const { client } = recordingClient({
    onPost({ connectionId, frame }) {
      recorder.onFrame(api, connectionId, frame);
      return 200;
    },
  });
  observe(client, ({ command, input }) => {
    if (command !== "DeleteConnectionCommand") return undefined;
    recorder.onClose(api, String(input["ConnectionId"]));
    return undefined;
  });
  return client;
}

it(
  "on an emulator, with signed posts, every publish reaches exactly whom it is for",
  async () => {
    const table = await createTestTable();
    onTestFinished(() => table.stop());
    const apis = ["prod", "prod2"].map((stage) => ({ apiId: "a1b2c3d4e5", stage }));
    const store = dynamodb(table);
    const world = new LeakWorld({ store, apis, client: sdkClient, postPath: "signed" });
    const people = isSoak ? all : few;
    const population = new Population({ ...people, apis: apis.length }, seed);
    await populate(world, population);
    const publishes = size({ ci: 500, soak: 50_000 });
    await publishAll(world, population, { publishes, rounds: 4, wide: 0.01 });
    report("leaks on the emulator", { subscriptions: world.subscriptions.size, ...world.figures });
    expect(world.faults).toEqual([]);
    expect(world.figures.deliveries).toBeGreaterThan(publishes / 4);
  },
  limitMs(300_000),
);
