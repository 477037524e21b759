import { Lambda } from "./lambda.ts";
import { Posting, type PostingEnd } from "./posting.ts";
import { Queue } from "./queue.ts";
import { AudienceReader, readKey, ShardReader } from "./reading.ts";
import type { Process } from "./timeline.ts";
import { workerOf } from "./worker.ts";
import type { World } from "./world.ts";

/** Publishes to the first of the audience; the queue's workers do the rest. */
export function* publishWithQueue(world: World): Process {
  const { model, partitions, timeline } = world;
  const queue: Queue = new Queue(
    world,
    workerOf(world, () => queue),
  );
  const lambda = new Lambda(world);
  const invocation = yield* lambda.invoke();
  const { environment, startedAt } = invocation;
  const reader = new AudienceReader(
    world,
    partitions.map((_, shard) => new ShardReader(world, environment, { shard, from: 0 })),
  );
  let end: PostingEnd | undefined;
  let wake: () => void = () => undefined;
  const posting = new Posting(world, invocation, {
    stopAt: startedAt + model.deadlineMs - model.drainMs,
    done: (result) => {
      end = result;
      wake();
    },
  });
  const handOver = function* (from: readonly number[]): Process {
    yield* readKey(world, environment);
    const alone = from.length === 1 ? { shard: 0 } : {};
    yield* queue.send([{ ...alone, from, again: 0, chainMs: timeline.now }]);
  };
  timeline.start(ownPages(world, { reader, posting, handOver }));
  if (end === undefined) {
    yield (resume) => {
      wake = resume;
    };
  }
  if (end?.isComplete !== true) throw new Error("the publisher's own part has no cursor here");
  lambda.end(invocation);
}

/** Pages until the publisher has its part; what is behind is handed over while the last ones are posted to. */
function* ownPages(
  { model, partitions }: World,
  {
    reader,
    posting,
    handOver,
  }: {
    readonly reader: AudienceReader;
    readonly posting: Posting;
    readonly handOver: (from: readonly number[]) => Process;
  },
): Process {
  const from = partitions.map(() => 0);
  let room = model.ownRecipients;
  for (;;) {
    const page = yield* reader.next();
    if (page === undefined) return posting.close();
    const own = Math.min(room, page.rows);
    from[page.shard] = (from[page.shard] ?? 0) + own;
    room -= own;
    if (own < page.rows) {
      yield* handOver(from);
      if (own > 0) posting.give(own, () => undefined);
      return posting.close();
    }
    if (own > 0) yield (resume) => posting.give(own, resume);
  }
}
