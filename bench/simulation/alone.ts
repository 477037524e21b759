import { Lambda } from "./lambda.ts";
import { Posting, type PostingEnd } from "./posting.ts";
import { AudienceReader, readKey, ShardReader } from "./reading.ts";
import type { Process } from "./timeline.ts";
import type { World } from "./world.ts";

/** Publishes from one Lambda, which resumes by cursor until nobody is left. */
export function* publishAlone(world: World): Process {
  const { model, timeline, partitions } = world;
  if (partitions.length > 1) throw new Error("one Lambda alone is simulated without shards");
  const lambda = new Lambda(world);
  let from = 0;
  let again = 0;
  for (let call = 0; ; call++) {
    const invocation = yield* lambda.invoke();
    // A cursor is made and opened with it.
    if (call > 0) yield* readKey(world, invocation.environment);
    const stopAt = invocation.startedAt + model.deadlineMs - model.drainMs;
    const reader = new AudienceReader(world, [
      new ShardReader(world, invocation.environment, { shard: 0, from }),
    ]);
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
    timeline.start(readAhead(reader, posting));
    if (end === undefined) {
      yield (resume) => {
        wake = resume;
      };
    }
    if (end === undefined) throw new Error("woken before the end");
    if (!end.isComplete) yield* readKey(world, invocation.environment);
    lambda.end(invocation);
    if (end.isComplete) return;
    from += end.begun;
    again = end.waiting;
    yield model.resumeGapMs;
  }
}

/** Reads one page ahead of the posting. */
function* readAhead(reader: AudienceReader, posting: Posting): Process {
  for (;;) {
    const page = yield* reader.next();
    if (posting.isStopped) return;
    if (page === undefined) return posting.close();
    if (page.rows === 0) continue;
    yield (resume) => posting.give(page.rows, resume);
    if (posting.isStopped) return;
  }
}
