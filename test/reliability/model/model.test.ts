import fc, { type Scheduler } from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { report } from "../figures.ts";
import { inVirtualTime, type WorldOptions } from "../simulation/world.ts";
import { isSoak, limitMs, seed, size } from "../size.ts";
import { type Command, type Counts, commandsOf } from "./commands.ts";
import { faultsOf, leftovers, MAX_SUBSCRIPTIONS } from "./faults.ts";
import { emptyModel } from "./model.ts";
import { watchPosts } from "./posts.ts";
import { Session } from "./session.ts";

inVirtualTime({ beforeAll, afterAll });

const options: fc.Arbitrary<WorldOptions> = fc.record({
  maxSubscriptions: fc.constant(MAX_SUBSCRIPTIONS),
  split: fc.boolean(),
  pageItems: fc.constantFrom(1_000, 2, 1),
  anyTimePauseMs: fc.constantFrom(0, 1_000),
});

const counts: Counts = new Map();
const seen = { steps: 0, deliveries: 0 };
const verdicts = { LEAKED: 0, lost: 0, duplicate: 0, phantom: 0, reordered: 0, "other faults": 0 };

/** Counts what is wrong, and fails with what was done when anything is. */
function judge({ log }: Session, faults: readonly string[]): void {
  for (const fault of faults) {
    const name = fault.slice(0, fault.indexOf(":"));
    verdicts[name in verdicts ? (name as keyof typeof verdicts) : "other faults"]++;
  }
  expect(faults, log.join("\n")).toEqual([]);
}

async function run(
  commands: Iterable<Command>,
  scheduler: Scheduler,
  worldOptions: WorldOptions,
): Promise<void> {
  const model = emptyModel();
  const session = new Session(model, scheduler, worldOptions);
  const posts = watchPosts(session);
  await fc.asyncModelRun(() => ({ model, real: session }), commands);
  await session.settle();
  judge(session, [...faultsOf(session), ...posts]);
  // Whoever is live hears it, and what is left of others goes.
  session.publishers.publish({}, 0, undefined);
  await session.settle();
  session.publishers.publish({}, 0, undefined);
  await session.settle();
  judge(session, [...faultsOf(session), ...posts, ...leftovers(session)]);
  seen.steps += scheduler.report().length;
  seen.deliveries += session.world.clients
    .flatMap(({ subscriptions }) => subscriptions)
    .reduce((sum, { events }) => sum + events.length, 0);
}

it(
  "what clients and publishers do, in any order, is as the model says",
  async () => {
    const runs = size({ ci: 1_000, soak: 50_000 });
    const commands = fc.commands(commandsOf(counts), {
      maxCommands: isSoak ? 100 : 50,
      size: "max",
    });
    const property = fc.asyncProperty(commands, fc.scheduler(), options, run);
    await fc.assert(property, { numRuns: runs, seed });
    report("model", { runs, ...Object.fromEntries(counts), ...seen, ...verdicts });
  },
  limitMs(180_000),
);
