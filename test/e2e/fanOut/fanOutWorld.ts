import { SQSClient } from "@aws-sdk/client-sqs";
import type { FanOutReport, Store } from "trpc-aws-subscriptions";
import { type LocalQueue, type QueueOptions, startQueue } from "trpc-aws-subscriptions/local";
import { sqs } from "trpc-aws-subscriptions/sqs";
import { onTestFinished } from "vitest";
import { clientVersions, type Recording, record } from "../client.ts";
import { rooms } from "../publish/rooms.ts";
import { startWorld } from "../publish/world.ts";
import { gatewayClient } from "../stack.ts";

/** Options of {@link fanOutWorld}. */
export interface FanOutWorldOptions {
  readonly queue?: Omit<QueueOptions, "handler">;
  /** Stands between the workers and the table. */
  readonly wrap?: (store: Store) => Store;
  /**
   * Of the publisher and of the workers.
   *
   * @defaultValue 20,000: a post that has no answer in time is made again, and a busy machine may be slow
   */
  readonly postTimeoutMs?: number;
}

/** Subscribers that a publish posts to itself. */
export const THRESHOLD = 20;

type RoomsWorld = Awaited<ReturnType<typeof startWorld<ReturnType<typeof rooms>>>>;

/** What {@link fanOutWorld} starts. */
export interface FanOutWorld extends RoomsWorld {
  readonly queue: LocalQueue;
  /** Of the workers. */
  readonly reports: readonly FanOutReport[];
  /** What the workers gave to `onError`. */
  readonly failures: readonly Error[];
}

/** Rooms on a table and a gateway, and an SQS queue with its workers. It ends with the test. */
export async function fanOutWorld(options: FanOutWorldOptions = {}): Promise<FanOutWorld> {
  let worker: ((...given: never) => Promise<unknown>) | undefined;
  const queue = await startQueue({
    visibilityTimeoutMs: 20_000,
    batchSize: 1,
    ...options.queue,
    handler: async (...given) => worker?.(...(given as never)),
  });
  const client = new SQSClient(queue.clientConfig);
  const fanOut = sqs({ queueUrl: queue.url, client, threshold: THRESHOLD });
  const { postTimeoutMs = 20_000 } = options;
  const world = await startWorld(rooms, { publisher: { fanOut, postTimeoutMs } });
  const { endpoint } = world.gateway;
  const management = gatewayClient(endpoint);
  const reports: FanOutReport[] = [];
  const failures: Error[] = [];
  worker = rooms(options.wrap?.(world.store) ?? world.store).fanOutHandler({
    postTimeoutMs,
    endpoint,
    client: management,
    fanOut,
    recipientsPerMessage: 50,
    onReport: (report) => reports.push(report),
    onError: ({ error }) => failures.push(error),
  });
  onTestFinished(async () => {
    await queue.stop();
    client.destroy();
    management.destroy();
  });
  return { ...world, queue, reports, failures };
}

/** Clients that join at once: how many a gateway can take is another test's question. */
const GROUP = 100;

/** As many stock clients, of both versions in turns, all of them in one room. */
export async function joinRoom(
  { join }: Pick<FanOutWorld, "join">,
  count: number,
): Promise<readonly Recording<string>[]> {
  const recordings: Recording<string>[] = [];
  while (recordings.length < count) {
    const size = Math.min(GROUP, count - recordings.length);
    const group = Array.from({ length: size }, (_, place) => {
      const index = recordings.length + place;
      const version = clientVersions[index % clientVersions.length];
      const { client } = join({ userId: `u${index}` }, version);
      return record<string>((on) => client.onMessage.subscribe({ room: "red" }, on));
    });
    await Promise.all(group.map(({ started }) => started));
    recordings.push(...group);
  }
  return recordings;
}

/** What each client got by the time that it was told the end, which no queue has a part in. */
export async function received(
  { gateway, store }: Pick<FanOutWorld, "gateway" | "store">,
  recordings: readonly Recording<string>[],
): Promise<readonly (readonly string[])[]> {
  const client = gatewayClient(gateway.endpoint);
  const { routes } = rooms(store).publisher({ endpoint: gateway.endpoint, client });
  await routes.onMessage.publish({ data: "end" });
  client.destroy();
  for (const { data, received } of recordings) {
    while (data.at(-1) !== "end") await received(data.length + 1);
  }
  // Twice when its first post had no answer in time.
  return recordings.map(({ data }) => data.filter((text) => text !== "end"));
}

/** The sum of what the workers say of their parts. */
export function sumOf(
  reports: readonly FanOutReport[],
  name: "matched" | "delivered" | "failed" | "duplicates",
): number {
  return reports.reduce((sum, report) => sum + report[name], 0);
}
