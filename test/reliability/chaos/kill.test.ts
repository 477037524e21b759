import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { expect, inject, it, onTestFinished } from "vitest";
import { bundleProgram } from "../../bundledProgram.ts";
import { fanOutWorld, joinRoom, received, THRESHOLD } from "../../e2e/fanOut/fanOutWorld.ts";
import { rooms } from "../../e2e/publish/rooms.ts";
import { startWorld } from "../../e2e/publish/world.ts";
import { seeded } from "../../seeded.ts";
import { report } from "../figures.ts";
import { limitMs, seed, size } from "../size.ts";
import type { KilledPublisherOptions } from "./killedPublisher.ts";

const KILLS = size({ ci: 3, soak: 20 });
const SUBSCRIBERS = 120;
/** Posts that take longer are made again, and parts that do are a second worker's; a busy machine may be as slow. */
const TIMEOUT_MS = 60_000;

type RoomsWorld = Awaited<ReturnType<typeof startWorld<ReturnType<typeof rooms>>>>;
type World = Pick<RoomsWorld, "publisher" | "seen" | "table" | "gateway" | "posts" | "store">;

it(
  `a publisher is killed amid its posts, at ${KILLS} points: nobody gets it twice, the others go on`,
  async () => {
    const random = seeded(seed);
    const world = await startWorld(rooms, { publisher: { postTimeoutMs: TIMEOUT_MS } });
    const clients = await joinRoom(world, SUBSCRIBERS);
    const before = await world.table.rows();
    const program = await publisherProgram();
    let posted = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const point = 1 + Math.floor(random() * (SUBSCRIBERS - 1));
      const child = startPublisher(program, world, { data: `killed ${kill}` });
      posted += await killedAt(world, { child, kill, point });
    }
    const events = await received(world, clients);
    const reached = expectOnceEach(events, KILLS);
    expect(reached.length).toBeGreaterThanOrEqual(posted);
    expect(await world.table.rows()).toEqual(before);
    report("killed publishers", {
      kills: KILLS,
      subscribers: SUBSCRIBERS,
      reached: reached.length,
    });
  },
  limitMs(240_000),
);

it(
  `a publisher with a queue is killed, at ${KILLS} points: workers reach all that it left to them`,
  async () => {
    const random = seeded(seed + 1);
    const world = await fanOutWorld({
      postTimeoutMs: TIMEOUT_MS,
      queue: { visibilityTimeoutMs: 4 * TIMEOUT_MS },
    });
    const clients = await joinRoom(world, SUBSCRIBERS);
    const isOurs = ({ pk }: { readonly pk: string }): boolean => /^(connection|path)#/.test(pk);
    const before = (await world.table.rows()).filter(isOurs);
    const program = await publisherProgram();
    for (let kill = 0; kill < KILLS; kill++) {
      // More than its own posts, so some are the workers': the queue has its message by then.
      const point = THRESHOLD + 1 + Math.floor(random() * (SUBSCRIBERS - THRESHOLD - 1));
      const queue = { url: world.queue.url, threshold: THRESHOLD };
      const child = startPublisher(program, world, { data: `killed ${kill}`, queue });
      await killedAt(world, { child, kill, point });
      await world.queue.idle();
    }
    const events = await received(world, clients);
    const reached = expectOnceEach(events, KILLS);
    expect(reached.length).toBeGreaterThanOrEqual(KILLS * (SUBSCRIBERS - THRESHOLD));
    expect(world.queue.deadLetters()).toEqual([]);
    expect((await world.table.rows()).filter(isOurs)).toEqual(before);
    report("killed publishers with a queue", {
      ...{ kills: KILLS, subscribers: SUBSCRIBERS, threshold: THRESHOLD },
      reached: reached.length,
    });
  },
  limitMs(240_000),
);

/** Nobody got anything twice, and everybody what the other publisher published. Returns what the killed ones reached. */
function expectOnceEach(events: readonly (readonly string[])[], kills: number): readonly string[] {
  const others = Array.from({ length: kills }, (_, kill) => `other ${kill}`);
  return events.flatMap((own) => {
    expect(own).toEqual([...new Set(own)]);
    expect(own.filter((event) => event.startsWith("other"))).toEqual(others);
    return own.filter((event) => event.startsWith("killed"));
  });
}

/**
 * Kills a publisher when as many of its posts have arrived, while another one publishes.
 *
 * @returns the posts that had arrived when it was dead
 */
async function killedAt(
  world: World,
  {
    child,
    kill,
    point,
  }: { readonly child: ChildProcess; readonly kill: number; readonly point: number },
): Promise<number> {
  const isOfKilled = (body: string | undefined): boolean =>
    body?.includes(`"killed ${kill}"`) === true;
  const exited = once(child, "exit");
  const arrived = world.seen((one) => one.type === "management" && isOfKilled(one.body), point);
  await Promise.race([
    arrived,
    exited.then(([code]) => Promise.reject(new Error(`it ended: ${code}`))),
  ]);
  const { publish } = world.publisher.routes.onMessage;
  const publishing = publish({ data: `other ${kill}`, filter: RED });
  child.kill("SIGKILL");
  expect(await exited).toEqual([null, "SIGKILL"]);
  const own = { matched: SUBSCRIBERS, delivered: SUBSCRIBERS, gone: 0, failed: 0, complete: true };
  const sent = await publishing;
  expect(sent).toEqual("queued" in sent ? expect.objectContaining({ failed: 0, gone: 0 }) : own);
  return world.posts.filter(({ frame, statusCode }) => isOfKilled(frame) && statusCode === 200)
    .length;
}

const RED = { name: "byRoom", input: { room: "red" } } as const;

const publisherProgram = (): Promise<string> =>
  bundleProgram(new URL("killedPublisher.ts", import.meta.url));

function startPublisher(
  program: string,
  { table, gateway }: Pick<World, "table" | "gateway">,
  options: Pick<KilledPublisherOptions, "data" | "queue">,
): ChildProcess {
  const { tableName } = table;
  const given: KilledPublisherOptions = { ...options, tableName, endpoint: gateway.endpoint };
  const child = fork(program, [JSON.stringify(given)], {
    env: {
      ...process.env,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_ENDPOINT_URL_DYNAMODB: inject("dynamoDBEndpoint"),
    },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}
