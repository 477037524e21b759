import type { PublishReport } from "trpc-aws-subscriptions";
import type { Row } from "../../testTable.ts";
import type { LambdaProcess } from "./lambdaProcess.ts";
import { type Known, nameOf, receiversOf, type Seen } from "./sockets.ts";
import type { Ended } from "./time.ts";
import { BYSTANDER, publisherOf, type World } from "./world.ts";

/** What happened, and what it began with. */
export interface History {
  readonly world: World;
  readonly process: LambdaProcess;
  readonly ended: Ended;
  readonly before: Seen;
  /** Commands that a fault happened to. */
  readonly failed: readonly string[];
  /** A frame may have been posted, and be posted again. */
  readonly mayRepeat: boolean;
  /** Routes of a subscription that nobody thinks is there were there before. */
  readonly leavesRoutes: boolean;
}

/** Longest life of a row: a connection's two hours and a quarter of an hour. */
const LONGEST_SECONDS = 2 * 60 * 60 + 15 * 60;
/** The clock goes on while a process waits. */
const CLOCK_SECONDS = 60;

/** A process that is dead leaves its client to API Gateway's own error frame, which has no id. */
export const isSilent = ({ ended }: Pick<History, "ended">): boolean =>
  ended.kind === "died" || ended.kind === "ran out";

/** Each request got one answer, or its socket is closed. */
export function answerProblems(history: History): readonly string[] {
  const { world, before, ended, mayRepeat } = history;
  const problems: string[] = [];
  for (const one of newRequests(history)) {
    const starts = one.frames.filter(({ result }) => result?.type === "started").length;
    const errors = one.frames.filter(({ error }) => error !== undefined).length;
    // After the error of a generator, as tRPC's own adapter does.
    const stops = one.frames.filter(({ result }) => result?.type === "stopped").length;
    const isQuery = one.method === "query";
    const answers = isQuery ? one.frames.length : starts + errors + stops;
    const isInTwo = isQuery ? one.frames.length > 1 : Math.max(starts, errors, stops) > 1;
    if (isInTwo && !mayRepeat) problems.push(`${nameOf(one)} was answered ${answers} times`);
    if (answers === 0 && one.isOpen && !isSilent(history)) {
      problems.push(`${nameOf(one)} was not answered`);
    }
  }
  if (ended.kind === "threw") problems.push(`a handler threw ${String(ended.error)}`);
  if (world.sockets.postsSince(before).some(({ frame }) => frame.includes("ECONNRESET"))) {
    problems.push("a client was told the text of a fault");
  }
  return problems;
}

function newRequests({ world, before }: Pick<History, "world" | "before">): readonly Known[] {
  return world.sockets.known().filter(({ sentBefore }) => sentBefore >= before.sent.length);
}

/** Every row is one of a subscription or connection, and goes by itself. */
export function rowProblems(rows: readonly Row[], nowMs: number): readonly string[] {
  const latest = Math.floor(nowMs / 1000) + LONGEST_SECONDS + CLOCK_SECONDS;
  const owned = routesOf(rows);
  return rows.flatMap(({ pk, sk, expireAt }) => {
    if (pk.startsWith("secret#")) return [];
    const problems: string[] = [];
    if (!Number.isInteger(expireAt) || expireAt > latest) {
      problems.push(`${pk} ${sk} has expireAt ${expireAt}`);
    }
    if (isRoute(pk) && !owned.has(JSON.stringify([pk, sk]))) {
      problems.push(`${pk} ${sk} is nobody's`);
    }
    return problems;
  });
}

/** Keys of the routes that subscriptions name. */
function routesOf(rows: readonly Row[]): ReadonlySet<string> {
  const named = rows.flatMap(({ routes }): unknown[] => (Array.isArray(routes) ? routes : []));
  return new Set(named.map((route) => JSON.stringify(route)));
}

const isRoute = (pk: string): boolean => pk.startsWith("path#");

const PROBE = "is anybody there?";
const PATHS = ["onMessage", "onNote", "onShards", "onWide", "onRefused"] as const;
type Path = (typeof PATHS)[number];

/** Publishes reach those who think that they are subscribed, and nobody else. */
export async function audienceProblems(
  history: History,
  rows: readonly Row[],
): Promise<readonly string[]> {
  const { world } = history;
  const known = world.sockets.known().filter(({ method }) => method === "subscription");
  const { seen } = world.sockets;
  const problems = [...(await probe(world, pathsIn(rows)))];
  const reached = new Set(receiversOf(world.sockets.postsSince(seen), PROBE));
  const wasReported = isSilent(history) || wasReportedTo(history);
  for (const one of known) {
    const isReached = reached.delete(nameOf(one));
    const isLive = one.isStarted && !one.isOver && !one.isStopSent && one.isOpen;
    if (isLive && !isReached && !isEnded(history, wasReported)) {
      problems.push(`${nameOf(one)} is subscribed and was not reached`);
    }
    if (isReached && !isLive && !mayBeReached(one, history, wasReported)) {
      problems.push(`${nameOf(one)} is not subscribed and was reached`);
    }
  }
  return [...problems, ...[...reached].map((name) => `${name} never subscribed and was reached`)];
}

/** A publisher's own call may have ended what it could not say: then its report, or its caller's error, does. */
function isEnded({ process: { errors }, ended }: History, wasReported: boolean): boolean {
  const isPublisher = ended.kind !== "returned" || !isHandlerResult(ended.value);
  return isPublisher && (wasReported || errors.length > 0);
}

/** What was told of its failure: the process's `onError`, or its caller. */
function wasReportedTo({ process, ended }: History): boolean {
  if (process.errors.length > 0 || ended.kind === "threw") return true;
  const value: unknown = ended.kind === "returned" ? ended.value : undefined;
  return typeof value === "object" && value !== null && Object(value).failed > 0;
}

function isHandlerResult(value: unknown): boolean {
  return typeof value === "object" && value !== null && "statusCode" in value;
}

/** Commands that end a subscription. */
const ENDING: ReadonlySet<string> = new Set(["UpdateItemCommand", "BatchWriteItemCommand"]);

function mayBeReached(one: Known, history: History, wasReported: boolean): boolean {
  // Or the first one lives on.
  if (history.leavesRoutes || one.isSecond) return true;
  // A client that was told that there is no subscription does not end it: only where ending it failed it is there.
  const mayBeLeft =
    history.failed.length > 1 || history.failed.some((command) => ENDING.has(command));
  return wasReported && (!one.isOver || mayBeLeft);
}

function pathsIn(rows: readonly Row[]): readonly Path[] {
  return PATHS.filter((path) => rows.some(({ pk }) => pk.startsWith(`path#${path}`)));
}

/** Publishes to everybody, from a process without faults. @returns what is wrong with its reports */
function probe(world: World, paths: readonly Path[]): Promise<readonly string[]> {
  return world.clean(async (process) => {
    const { routes } = publisherOf(process);
    const problems: string[] = [];
    for (const path of paths) {
      const report = await routes[path].publish({ data: PROBE });
      problems.push(...reportProblems(report));
      if (!report.complete) problems.push(`a publish was cut: ${JSON.stringify(report)}`);
    }
    return [...problems, ...process.errors.map((error) => `a publish met ${error}`)];
  });
}

/** The numbers of a report add up. */
export function reportProblems(report: PublishReport): readonly string[] {
  const { matched, delivered, gone, failed } = report;
  return matched === delivered + gone + failed ? [] : [`${JSON.stringify(report)} does not add up`];
}

/** After their `$disconnect` those who were under fire cannot be found any more. */
export async function endProblems({ world }: History): Promise<readonly string[]> {
  const ends = world.underFire().map((connectionId) => world.disconnect(connectionId));
  const results = await world.clean((process) => Promise.all(ends.map((end) => end(process))));
  if (results.some(({ statusCode }) => statusCode !== 200)) return ["$disconnect failed"];
  const rows = await world.readRows();
  return rows.flatMap(({ pk, sk, state }) => {
    if (sk.includes(`connection#${BYSTANDER}`)) return [];
    if (isRoute(pk)) return [`${pk} ${sk} is left`];
    return sk.startsWith("connection#") && state !== "CLOSED" ? [`${pk} is not closed`] : [];
  });
}

/**
 * Where no `$disconnect` comes the next publish finds out. What it cannot find has an owner, see {@link rowProblems}:
 * routes by filter alone, which half a `$disconnect` left, and those of a stopped subscription with hooks.
 */
export async function goneProblems({ world }: History): Promise<readonly string[]> {
  const before = await world.readRows();
  world.sockets.open.clear();
  const problems = await probe(world, pathsIn(before));
  const rows = await world.readRows();
  const live = routesOf(rows.filter(({ state }) => state === "ACTIVE"));
  const left = rows.filter(
    ({ pk, sk }) =>
      isRoute(pk) && sk.startsWith("connection#") && live.has(JSON.stringify([pk, sk])),
  );
  return [...problems, ...left.map(({ pk, sk }) => `${pk} ${sk} is left by a publish`)];
}
