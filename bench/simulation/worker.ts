import { type Invocation, Lambda } from "./lambda.ts";
import { Posting, type PostingEnd } from "./posting.ts";
import type { Part, Queue, Worker } from "./queue.ts";
import { readKey, ShardReader } from "./reading.ts";
import type { Process, Wait } from "./timeline.ts";
import type { World } from "./world.ts";

/** A part with its rows. */
interface Taken {
  /** Time of that in which the partition was used up. */
  readonly throttledMs: number;
  readonly rows: number;
  /** Row behind the last one; absent for the end of the audience. */
  readonly to?: number;
}

/** The queue's Lambda: what `workOn` does, call by call. */
export function workerOf(world: World, queue: () => Queue): Worker {
  const lambda = new Lambda(world);
  return function* work(part) {
    const calledAt = world.timeline.now;
    const invocation = yield* lambda.invoke();
    const { shard } = part;
    yield* readKey(world, invocation.environment);
    if (shard === undefined) {
      yield* divide(world, queue(), { part, calledAt });
    } else {
      yield* workOn(world, queue(), { part, shard, invocation, calledAt });
    }
    lambda.end(invocation);
  };
}

function* divide(
  { counts, model, timeline }: World,
  queue: Queue,
  { part, calledAt }: { readonly part: Part; readonly calledAt: number },
): Process {
  counts.writeUnits++;
  yield model.callMs;
  const chainMs = part.chainMs + timeline.now - calledAt;
  yield* queue.send(
    part.from.map((from, shard) => ({
      shard,
      from: [from],
      again: shard === 0 ? part.again : 0,
      chainMs,
    })),
  );
  counts.writeUnits++;
  yield model.callMs;
}

interface Work {
  readonly part: Part;
  readonly shard: number;
  readonly invocation: Invocation;
  readonly calledAt: number;
}

function* workOn(world: World, queue: Queue, work: Work): Process {
  const { counts, model, timeline } = world;
  const { part, shard, invocation, calledAt } = work;
  const taken = yield* take(world, work);
  counts.writeUnits++;
  yield model.callMs;
  const chainMs = (): number => part.chainMs + timeline.now - calledAt - taken.throttledMs;
  if (taken.to !== undefined) {
    yield* queue.send([
      {
        shard,
        from: [taken.to],
        again: 0,
        chainMs: chainMs(),
        ...(part.to !== undefined && { to: part.to }),
      },
    ]);
    yield* noteSent(world);
  }
  counts.chainMs = Math.max(counts.chainMs, chainMs());
  counts.largestPart = Math.max(counts.largestPart, taken.rows);
  const end = yield* post(world, invocation, { rows: taken.rows, again: part.again });
  const to = taken.to ?? part.to;
  if (!end.isComplete) {
    const from = (part.from[0] ?? 0) + end.begun;
    yield* queue.send([
      { shard, from: [from], again: end.waiting, chainMs: 0, ...(to !== undefined && { to }) },
    ]);
    yield* noteSent(world);
  }
  counts.writeUnits++;
  yield model.callMs;
}

/** A row that says that the part was sent. */
function* noteSent({ counts, model }: World): Process {
  counts.writeUnits++;
  yield model.callMs;
}

/** Whole pages, until there are enough rows. */
function* take(world: World, { part, shard, invocation }: Work): Process<Taken> {
  const from = part.from[0] ?? 0;
  const to = part.to ?? Number.POSITIVE_INFINITY;
  const reader = new ShardReader(world, invocation.environment, { shard, from });
  for (let at = from; ; ) {
    const page = yield* reader.next();
    at += page.rows;
    const rows = Math.min(at, to) - from;
    const { throttledMs } = reader;
    if (rows >= world.model.recipientsPerMessage) return { rows, throttledMs, to: from + rows };
    if (page.isLast || at >= to) return { rows, throttledMs };
  }
}

function* post(
  world: World,
  invocation: Invocation,
  { rows, again }: { readonly rows: number; readonly again: number },
): Generator<Wait, PostingEnd, undefined> {
  const { model } = world;
  const stopAt =
    invocation.startedAt + model.workerTimeoutMs - model.workerReserveMs - model.drainMs;
  let end: PostingEnd | undefined;
  let wake: () => void = () => undefined;
  const posting = new Posting(world, invocation, {
    again,
    stopAt,
    done: (result) => {
      end = result;
      wake();
    },
  });
  posting.give(rows, () => undefined);
  posting.close();
  if (end === undefined) {
    yield (resume) => {
      wake = resume;
    };
  }
  if (end === undefined) throw new Error("woken before the end");
  return end;
}
