import fc from "fast-check";
import {
  type Act,
  connect,
  deploy,
  disconnectLate,
  drop,
  end,
  jump,
  publish,
  revoke,
  sendParams,
  settle,
  stop,
  subscribe,
} from "./acts.ts";
import type { Model } from "./model.ts";
import type { Session } from "./session.ts";

/** A command of the model, as fast-check runs and prints it. */
export type Command = fc.AsyncCommand<Model, Session>;

/** How often each command was run. */
export type Counts = Map<string, number>;

/** How much happens before the next command begins; everything, where it is shrunk. */
const turns = fc.constantFrom(Number.POSITIVE_INFINITY, 0, 1, 2, 4, 8, 16, 32);

/** How often each comes up: often what there is to be found, rarely what ends it. */
const WEIGHTS: readonly (readonly [number, fc.Arbitrary<Act>])[] = [
  [12, connect],
  [12, sendParams],
  [28, subscribe],
  [14, stop],
  [32, publish],
  [3, end],
  [1, revoke],
  [5, drop],
  [3, disconnectLate],
  [3, jump],
  [3, deploy],
  [2, settle],
];

/** All commands. */
export function commandsOf(counts: Counts): fc.Arbitrary<Command>[] {
  return WEIGHTS.flatMap(([weight, act]) => {
    const command = fc.tuple(act, turns).map(([each, count]) => commandOf(each, count, counts));
    return Array.from({ length: weight }, () => command);
  });
}

function commandOf(act: Act, count: number, counts: Counts): Command {
  const { kind, words, canRun, begin } = act;
  const isSettled = count === Number.POSITIVE_INFINITY;
  const text = `${words}${isSettled ? "" : `, ${count} turns`}`;
  return {
    check: (model) => canRun(model),
    async run(_, session) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const name = (await begin(session)) ?? "";
      session.log.push([kind, name, text].filter((part) => part !== "").join(" "));
      await (isSettled ? session.settle() : session.advance(count));
    },
    toString: () => `${kind} ${text}`,
  };
}
