import type { PublishReport } from "trpc-aws-subscriptions";
import { queueOf, workOnNext } from "./fanOutQueue.ts";
import { type History, isSilent, reportProblems } from "./invariants.ts";
import { inRoom, type Scenario, subscribe, variant } from "./scenarios.ts";
import { receiversOf } from "./sockets.ts";
import { startAt } from "./time.ts";
import { BYSTANDER, publisherOf, type World } from "./world.ts";

const DATA = "hello";

type Publisher = ReturnType<typeof publisherOf>;

/** Ann and Carol listen to room a, Bob to room b; Ann and Carol to notes and shards. */
async function listeners(world: World): Promise<void> {
  for (const name of [BYSTANDER, "bob", "carol"]) await world.connect(name);
  await world.send(BYSTANDER, [inRoom(1), subscribe(2, "onNote"), subscribe(3, "onShards")]);
  await world.send("bob", inRoom(1, "b"));
  await world.send("carol", [inRoom(1), subscribe(2, "onNote"), subscribe(3, "onShards")]);
}

const inA = { filter: { name: "byRoom", input: { room: "a" } } } as const;
const everybody = ["ann/1", "bob/1", "carol/1"];

/** A call of a publisher. */
const calling = (
  name: string,
  call: (publisher: Publisher) => Promise<unknown>,
  check?: Scenario["check"],
): Scenario => ({
  name,
  kind: "publisher",
  async prepare(world) {
    await listeners(world);
    return (process) => call(publisherOf(process));
  },
  ...(check !== undefined && { check }),
});

const publishing = (
  name: string,
  call: (publisher: Publisher) => Promise<PublishReport>,
  audience: readonly string[],
): Scenario => calling(name, call, (history) => publishProblems(history, audience));

/** Everybody addressed was reached or is in a report, and nobody twice. */
async function publishProblems(
  history: History,
  audience: readonly string[],
): Promise<readonly string[]> {
  const { world, ended, process } = history;
  const problems: string[] = [];
  let reports: readonly PublishReport[] = [];
  if (ended.kind === "returned") {
    const first = ended.value as PublishReport;
    const rest = await restOf(world, first);
    reports = [first, ...rest];
    problems.push(...reports.flatMap(reportProblems));
    if (!first.complete && rest.length === 0 && process.errors.length === 0) {
      problems.push("a publish was cut, has no cursor, and onError was not told why");
    }
  }
  const reached = receiversOf(world.sockets.postsSince(history.before), DATA);
  const names = new Set(reached);
  if (reached.length > names.size && !history.mayRepeat)
    problems.push("somebody was reached twice");
  for (const one of names) if (!audience.includes(one)) problems.push(`${one} was reached`);
  if (reports.at(-1)?.complete === true) problems.push(...sumProblems(reports, names, audience));
  return problems;
}

/** Goes on with a publish that was cut. */
async function restOf(world: World, { cursor }: PublishReport): Promise<readonly PublishReport[]> {
  if (cursor === undefined) return [];
  return [await world.clean((process) => publisherOf(process).resume(cursor))];
}

function sumProblems(
  reports: readonly PublishReport[],
  names: ReadonlySet<string>,
  audience: readonly string[],
): readonly string[] {
  const sum = (of: "matched" | "delivered" | "gone" | "failed"): number =>
    reports.reduce((total, report) => total + report[of], 0);
  const missing = audience.filter((one) => !names.has(one)).length;
  const wrong =
    sum("matched") !== audience.length ||
    names.size < sum("delivered") ||
    missing > sum("failed") + sum("gone");
  return wrong ? [`${missing} were missed: ${JSON.stringify(reports)}`] : [];
}

/** Workers die and come again until the queue is empty; then everybody was reached who is still there. */
async function workerProblems(
  history: History,
  audience: readonly string[],
): Promise<readonly string[]> {
  const { world } = history;
  for (let round = 0; world.messages.length > 0; round++) {
    if (round > 9) return [`the queue still has ${world.messages.length} messages`];
    // The claim of one that died has to end.
    startAt(Date.now() + 15_000);
    await world.clean((process) => workOnNext(world, process));
  }
  const reached = receiversOf(world.sockets.postsSince(history.before), DATA);
  const names = new Set(reached);
  const failed = world.reports.reduce((sum, report) => sum + report.failed, 0);
  const repeated = world.reports.reduce((sum, { duplicates }) => sum + duplicates, 0);
  // Who has gone is in nobody's report when the worker that found it out died: its successor finds no rows of it.
  const missing = audience.filter((one) => !names.has(one) && world.sockets.isOpenFor(one));
  const problems: string[] = [];
  if (missing.length > failed) problems.push(`${missing} were not reached`);
  if (reached.length - names.size > repeated && !history.mayRepeat) {
    problems.push(`${reached.length - names.size} posts too many, ${repeated} reported`);
  }
  return problems;
}

/** A worker, while messages of a publish are in the queue. */
const working = (name: string, { path, before = 0, audience }: WorkOptions): Scenario => ({
  name,
  kind: "publisher",
  mayRunOut: true,
  pageRows: 2,
  async prepare(world) {
    await listeners(world);
    await world.clean(async (process) => {
      const { routes } = publisherOf(process, { fanOut: queueOf(world, 0) });
      await routes[path].publish({ data: DATA });
    });
    for (let done = 0; done < before; done++) {
      await world.clean((process) => workOnNext(world, process), 2);
    }
    return (process) => workOnNext(world, process);
  },
  check: (history) => workerProblems(history, audience),
});

interface WorkOptions {
  readonly path: "onMessage" | "onShards";
  /** Messages that are worked on before. */
  readonly before?: number;
  readonly audience: readonly string[];
}

const carolHasGone: Scenario = {
  ...publishing(
    "publish that finds a connection closed",
    ({ routes }) => routes.onMessage.publish({ data: DATA }),
    everybody,
  ),
  async prepare(world) {
    await listeners(world);
    world.sockets.open.delete("carol");
    return (process) => publisherOf(process).routes.onMessage.publish({ data: DATA });
  },
};

const resuming: Scenario = {
  ...publishing("resume", () => Promise.reject(new Error("not this way")), everybody),
  async prepare(world) {
    await listeners(world);
    const cut = { data: DATA, deadlineMs: 0 };
    const { cursor = "" } = await world.clean((process) =>
      publisherOf(process).routes.onMessage.publish(cut),
    );
    return (process) => publisherOf(process).resume(cursor);
  },
};

const queueing: Scenario = {
  name: "publish with a queue",
  kind: "publisher",
  async prepare(world) {
    await listeners(world);
    return (process) =>
      publisherOf(process, { fanOut: queueOf(world, 1) }).routes.onMessage.publish({ data: DATA });
  },
  async check(history) {
    const { ended, process } = history;
    // Whoever died or threw has to publish again; what is in the queue is worked on all the same.
    const { complete, failed, gone } = Object(ended.kind === "returned" ? ended.value : undefined);
    const isReached = complete === true && failed === 0 && gone === 0;
    const isTold = isReached && process.errors.length === 0;
    return workerProblems(history, isTold ? everybody : []);
  },
};

const counted = async ({ ended }: History): Promise<readonly string[]> =>
  ended.kind === "returned" && ended.value !== 2 ? [`counted ${String(ended.value)}`] : [];

const ending = async (history: History): Promise<readonly string[]> => {
  const { ended } = history;
  return ended.kind === "returned" && !isSilent(history) && ended.value !== undefined
    ? reportProblems(ended.value as PublishReport)
    : [];
};

/** What publishers and workers do. */
export const publisherScenarios: readonly Scenario[] = [
  variant(
    publishing(
      "publish to everybody",
      ({ routes }) => routes.onMessage.publish({ data: DATA }),
      everybody,
    ),
  ),
  variant(
    publishing(
      "publish by filter",
      ({ routes }) => routes.onMessage.publish({ data: DATA, ...inA }),
      ["ann/1", "carol/1"],
    ),
  ),
  publishing(
    "publish by two filters",
    ({ routes }) => {
      const bob = { name: "byUser", ctx: { userId: "bob" } } as const;
      return routes.onMessage.publish({ data: DATA, filter: [bob, inA.filter] });
    },
    ["bob/1", "ann/1", "carol/1"],
  ),
  publishing("publish with hooks", ({ routes }) => routes.onNote.publish({ data: DATA }), [
    "ann/2",
    "carol/2",
  ]),
  publishing("publish to shards", ({ routes }) => routes.onShards.publish({ data: DATA }), [
    "ann/3",
    "carol/3",
  ]),
  publishing(
    "publish that is cut",
    ({ routes }) => routes.onMessage.publish({ data: DATA, deadlineMs: 0 }),
    everybody,
  ),
  carolHasGone,
  resuming,
  queueing,
  working("worker with a part behind it", { path: "onMessage", audience: everybody }),
  variant(
    working("worker of the last part", { path: "onMessage", before: 1, audience: ["carol/1"] }),
  ),
  working("worker that divides by shards", { path: "onShards", audience: ["ann/3", "carol/3"] }),
  calling("count", ({ routes }) => routes.onMessage.count(inA.filter), counted),
  calling("complete", ({ routes }) => routes.onMessage.complete(inA.filter), ending),
  calling("disconnect by filter", ({ routes }) => routes.onMessage.disconnect(inA.filter), ending),
  calling("disconnect of a connection", (publisher) => publisher.disconnect("carol"), ending),
];
