import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { expect, inject, it, onTestFinished } from "vitest";
import { bundleProgram } from "../../bundledProgram.ts";
import { startOutbox } from "../../e2e/outbox/world.ts";
import { addRows } from "../../e2e/publish/world.ts";
import { newestVersion } from "../../e2e/trpcVersion.ts";
import { seeded } from "../../seeded.ts";
import { report } from "../figures.ts";
import { limitMs, seed, size } from "../size.ts";
import type { KilledHandlerOptions } from "./killedHandler.ts";

const KILLS = size({ ci: 12, soak: 500 });
/** Of one subscription each; with those of the crowd they are two pages and more. */
const CLIENTS = 5;
const CROWD = ["zzzzzzzz0=", "zzzzzzzz1=", "zzzzzzzz2="];
const IDS = Array.from({ length: 100 }, (_, index) => index);
const SUBSCRIBERS = CLIENTS + CROWD.length * IDS.length;
/** Rows of a first page, which is the largest here. */
const PAGE = 250;

it(
  `the handler of the stream is killed amid its posts, at ${KILLS} points: everybody gets each event, a page of them at most twice`,
  async () => {
    const random = seeded(seed);
    const posts = new Posts();
    const world = await startOutbox({
      table: { stream: true },
      gateway: { onPost: (connectionId, body) => posts.note(connectionId, body) },
    });
    const filters = ["name#byRoom#input#room#a#"];
    for (const connectionId of CROWD) {
      await addRows(world.store, { connectionId, path: "onMessage", ids: IDS, filters });
    }
    const visits = Array.from({ length: CLIENTS }, (_, index) =>
      world.enter({ userId: `user ${index}`, room: "a" }, newestVersion),
    );
    await Promise.all(visits.map(({ started }) => started));
    const start = await handlerProgram({
      tableName: world.table.tableName,
      endpoint: world.gateway.endpoint,
      dynamoDBEndpoint: inject("dynamoDBEndpoint"),
    });
    let running = start();
    const expected: { readonly id: string; readonly data: string }[] = [];
    let repeated = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const point = 1 + Math.floor(random() * (SUBSCRIBERS - 1));
      const { eventId } = await world.write("a", `event ${kill}`);
      expected.push({ id: eventId, data: `event ${kill}` });
      await posts.reached(eventId, point);
      running.kill("SIGKILL");
      expect(await once(running, "exit")).toEqual([null, "SIGKILL"]);
      running = start();
      await posts.reachedAll(eventId, SUBSCRIBERS);
      const twice = posts.repeated(eventId);
      expect(twice).toBeLessThanOrEqual(PAGE);
      repeated += twice;
    }
    for (const { received, data } of visits) {
      await received(KILLS);
      const once = [...new Map(data.map((event) => [event.id, event])).values()];
      expect(once).toEqual(expected);
    }
    report("killed stream handlers", {
      ...{ kills: KILLS, subscribers: SUBSCRIBERS, lost: 0, repeated, seed },
    });
  },
  limitMs(240_000),
);

/** What was posted to whom. */
class Posts {
  readonly #byEvent = new Map<string, Map<string, number>>();
  #check: () => void = () => undefined;

  /** Answers for those of the crowd, who have no socket. */
  note(connectionId: string, body: string): { readonly statusCode: 200 } | undefined {
    const { id, result } = JSON.parse(body);
    if (result?.type !== "data") return undefined;
    const subscribers = this.#byEvent.get(result.data.id) ?? new Map<string, number>();
    const subscriber = `${connectionId} ${id}`;
    this.#byEvent.set(result.data.id, subscribers);
    subscribers.set(subscriber, (subscribers.get(subscriber) ?? 0) + 1);
    this.#check();
    return CROWD.includes(connectionId) ? { statusCode: 200 } : undefined;
  }

  /** Resolves when so many posts of an event have come. */
  reached(eventId: string, count: number): Promise<void> {
    return this.#until(() => this.#all(eventId) >= count);
  }

  /** Resolves when an event was posted to so many. */
  reachedAll(eventId: string, count: number): Promise<void> {
    return this.#until(() => (this.#byEvent.get(eventId)?.size ?? 0) >= count);
  }

  /** Posts that somebody got again. */
  repeated(eventId: string): number {
    return this.#all(eventId) - (this.#byEvent.get(eventId)?.size ?? 0);
  }

  #all(eventId: string): number {
    return [...(this.#byEvent.get(eventId)?.values() ?? [])].reduce((sum, each) => sum + each, 0);
  }

  #until(isMet: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => {
        if (isMet()) resolve();
      };
      this.#check();
    });
  }
}

/** What starts the handler's program. */
async function handlerProgram(options: KilledHandlerOptions): Promise<() => ChildProcess> {
  const program = await bundleProgram(new URL("killedHandler.ts", import.meta.url));
  return () => {
    const env = {
      ...process.env,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
    };
    const child = fork(program, [JSON.stringify(options)], { env });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  };
}
