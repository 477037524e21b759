import type { History } from "./invariants.ts";
import type { Process } from "./process.ts";
import { BYSTANDER, type World } from "./world.ts";

/** What is done under fire. */
export interface Scenario {
  readonly name: string;
  readonly kind: "handler" | "publisher";
  /** Every call of it is in another scenario too: one for `npm run soak`. */
  readonly isVariant?: true;
  /** Makes what was there before; returns what a process that may fail does then. */
  readonly prepare: (world: World) => Promise<(process: Process) => Promise<unknown>>;
  /** What hangs is ended by Lambda: a handshake fails then, a `$disconnect` is missed, a message comes again. */
  readonly mayRunOut?: true;
  /** What was there before has routes of a subscription that nobody thinks is there. */
  readonly leavesRoutes?: true;
  /** Rows of a page of the table. @defaultValue as many as there are */
  readonly pageRows?: number;
  /** What holds of it besides what holds of all. */
  readonly check?: (history: History) => Promise<readonly string[]>;
}

const C = "carol";

/** A subscription frame. */
export const subscribe = (id: string | number, path: string, input?: unknown): object => ({
  id,
  method: "subscription",
  params: { path, input },
});
/** One for the messages of a room. */
export const inRoom = (id: string | number, room = "a"): object =>
  subscribe(id, "onMessage", { room });
const stop = (id: string | number): object => ({ id, method: "subscription.stop" });

/** Somebody listens who is not meant; Carol is connected. */
async function people(world: World): Promise<void> {
  await world.connect(BYSTANDER);
  await world.send(BYSTANDER, inRoom(1));
  await world.connect(C);
}

/** A frame of Carol's, after other ones. */
const frameOf = (name: string, frame: unknown, ...before: readonly unknown[]): Scenario => ({
  name,
  kind: "handler",
  async prepare(world) {
    await people(world);
    for (const one of before) await world.send(C, one);
    return world.frame(C, frame);
  },
});

/** Leaves a scenario to the soak. */
export function variant(scenario: Scenario): Scenario {
  return { ...scenario, isVariant: true };
}

/** Where `$disconnect` says that all is well nothing is left to find. */
async function disconnected({ world, ended }: History): Promise<readonly string[]> {
  const isWell = ended.kind === "returned" && Object(ended.value).statusCode === 200;
  const rows = await world.readRows();
  const left = rows.filter(({ pk, sk }) => pk.startsWith("path#") && sk.includes(`#${C}#`));
  return isWell ? left.map(({ sk }) => `${sk} is left by a $disconnect`) : [];
}

/** What the handlers do. */
export const handlerScenarios: readonly Scenario[] = [
  {
    name: "$connect",
    kind: "handler",
    mayRunOut: true,
    async prepare(world) {
      await world.connect(BYSTANDER);
      return world.handshake(C);
    },
  },
  variant(frameOf("subscription", inRoom(1))),
  variant(frameOf("subscription with hooks", subscribe(1, "onNote"))),
  frameOf("subscription whose onStart throws", subscribe(1, "onRefused")),
  frameOf("batch of subscriptions", [inRoom(1), subscribe(2, "onNote"), inRoom("3")]),
  frameOf("batch in two transactions", [subscribe(1, "onWide"), subscribe(2, "onWide")]),
  {
    name: "subscription after half a stop",
    kind: "handler",
    leavesRoutes: true,
    async prepare(world) {
      await people(world);
      await world.send(C, inRoom(1));
      await world.untilDeath("BatchWriteItemCommand", world.frame(C, stop(1)));
      return world.frame(C, inRoom(1));
    },
  },
  frameOf("subscription in the last place", inRoom(4), [inRoom(1), inRoom(2), inRoom(3)], stop(1)),
  {
    ...frameOf("subscription of an id in use", subscribe(1, "onNote"), inRoom(1)),
    async check({ world }) {
      if (!world.sockets.open.has(C)) return [];
      const rows = await world.readRows();
      const first = rows.some(({ pk, sk }) => pk === "path#onMessage" && sk.includes(`#${C}#`));
      return first ? [] : ["the first one was ended"];
    },
  },
  {
    name: "subscription invoked twice",
    kind: "handler",
    isVariant: true,
    async prepare(world) {
      await people(world);
      const frame = world.frame(C, inRoom(1));
      await world.clean(frame);
      return frame;
    },
  },
  {
    name: "subscription of a socket that has gone",
    kind: "handler",
    async prepare(world) {
      await people(world);
      await world.send(C, subscribe(1, "onNote"));
      const frame = world.frame(C, inRoom(2));
      world.sockets.open.delete(C);
      return frame;
    },
  },
  frameOf("generator", subscribe(1, "ticks")),
  variant(frameOf("stop", stop(1), inRoom(1))),
  frameOf("stop with hooks", stop(1), subscribe(1, "onNote")),
  frameOf("stop of nothing", stop(1)),
  {
    name: "connectionParams",
    kind: "handler",
    isVariant: true,
    async prepare(world) {
      await people(world);
      await world.connect("dave", { connectionParams: "1" });
      return world.frame("dave", { method: "connectionParams", data: { token: "t" } });
    },
  },
  {
    name: "connectionParams and a subscription",
    kind: "handler",
    async prepare(world) {
      await people(world);
      await world.connect("dave", { connectionParams: "1" });
      return world.frame("dave", [{ method: "connectionParams", data: { token: "t" } }, inRoom(1)]);
    },
  },
  frameOf("query", { id: 1, method: "query", params: { path: "get" } }),
  variant(frameOf("frame that is none", { id: 1, method: "none" })),
  frameOf("PING", "PING"),
  {
    name: "$disconnect",
    kind: "handler",
    isVariant: true,
    mayRunOut: true,
    async prepare(world) {
      await people(world);
      await world.send(C, [inRoom(1), subscribe(2, "onNote"), subscribe(3, "onShards")]);
      return world.disconnect(C);
    },
    check: disconnected,
  },
  {
    name: "$disconnect with two batches",
    kind: "handler",
    mayRunOut: true,
    async prepare(world) {
      await people(world);
      await world.send(C, subscribe(1, "onWide"));
      return world.disconnect(C);
    },
    check: disconnected,
  },
];
