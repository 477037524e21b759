import type { Plan } from "../../contract/observe.ts";
import { type FaultKind, faultKinds, isLikeBefore } from "./faults.ts";
import {
  answerProblems,
  audienceProblems,
  endProblems,
  goneProblems,
  type History,
  isSilent,
  rowProblems,
} from "./invariants.ts";
import type { Process } from "./process.ts";
import type { Scenario } from "./scenarios.ts";
import { through } from "./time.ts";
import { paged, type Snapshot, type World } from "./world.ts";

/** A call that is to go wrong: by its place among those of its command, since some are made side by side. */
export interface Hit {
  readonly command: string;
  readonly place: number;
  readonly kind: FaultKind;
  /** Nobody notices it. */
  readonly isMended: boolean;
  /** Ends as another fault of another or the same call does. */
  readonly isLikeAnother: boolean;
}

/** For messages. */
export function textOf({ command, place, kind }: Hit): string {
  return `${kind.name}, ${command} ${place + 1}`;
}

/** A scenario that can be run again and again. */
export interface Prepared {
  readonly scenario: Scenario;
  readonly before: Snapshot;
  readonly act: (process: Process) => Promise<unknown>;
}

/** What came of one run. */
export interface Outcome {
  readonly problems: readonly string[];
  /** Commands that were called, in order. */
  readonly commands: readonly string[];
  /** Faults of each call that it could have had. */
  readonly possible: readonly Hit[];
  readonly isSilent: boolean;
  /** Errors that `onError` was told of. */
  readonly errors: readonly Error[];
}

/** Sets a scenario up. */
export async function prepare(world: World, scenario: Scenario): Promise<Prepared> {
  await world.clear();
  const act = await scenario.prepare(world);
  return { scenario, before: await world.snapshot(), act };
}

/** Runs a scenario while calls go wrong, and looks at what is left. */
export async function run(
  world: World,
  { scenario, before, act }: Prepared,
  hits: readonly Hit[] = [],
): Promise<Outcome> {
  await world.restore(before);
  const possible: Hit[] = [];
  const failed: string[] = [];
  const plan: Plan = (call) => {
    const { command } = call;
    const place = process.calls.filter((other) => other.command === command).length - 1;
    const previous = process.calls.at(-2);
    for (const kind of faultKinds.filter(({ fits }) => fits(call))) {
      const isLikeAnother = isLikeBefore(call, previous) || kind.isLikeAnother?.(call, previous);
      const isMended = kind.isMended?.(call) ?? false;
      possible.push({ command, place, kind, isMended, isLikeAnother: isLikeAnother === true });
    }
    const hit = hits.find((one) => {
      const isHit = one.place === place || (one.kind.lasts === true && one.place < place);
      return one.command === command && isHit;
    });
    if (hit === undefined) {
      return scenario.pageRows === undefined ? undefined : paged(call, scenario.pageRows);
    }
    failed.push(command);
    return hit.kind.fault(call, { process, sockets: world.sockets });
  };
  const process = await world.start(plan);
  const ended = await through(process, () => act(process));
  const leavesRoutes = scenario.leavesRoutes === true;
  const mayRepeat = hits.some(({ kind }) => kind.repeatsPosts);
  const history = { world, process, ended, before: before.seen, failed, mayRepeat, leavesRoutes };
  const problems = await problemsOf(history, scenario);
  if (hits.length === 1 && failed.length === 0) problems.push("the call was not made");
  return {
    problems,
    commands: process.calls.map(({ command }) => command),
    possible,
    isSilent: isSilent(history),
    errors: [...process.errors],
  };
}

async function problemsOf(history: History, scenario: Scenario): Promise<string[]> {
  const { world } = history;
  const after = await world.snapshot();
  const problems = [
    ...(scenario.kind === "handler" ? answerProblems(history) : []),
    ...(history.ended.kind === "ran out" && scenario.mayRunOut !== true ? ["it did not end"] : []),
    ...rowProblems(after.rows, after.nowMs),
    ...((await scenario.check?.(history)) ?? []),
    ...(await audienceProblems(history, after.rows)),
    ...(await endProblems(history)),
  ];
  if (!isSilent(history)) return problems;
  await world.restore(after);
  return [...problems, ...(await goneProblems(history))];
}
