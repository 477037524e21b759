import { expect } from "vitest";
import type { Plan } from "../../contract/observe.ts";
import { type Deferred, deferred } from "../deferred.ts";
import type { NotesWorld } from "../wire/notes.ts";

/** Neither a row that would be delivered to, nor a delivery. */
export async function expectNobody({ liveRows, publisher }: NotesWorld): Promise<void> {
  expect(await liveRows()).toEqual([]);
  expect(await publisher.routes.onNote.publish({ data: "ghost" })).toMatchObject({ matched: 0 });
}

/** Holds back the calls of one kind: `arrived` resolves at the first, `release` lets all go on. */
export function holdCalls(
  command: string,
): Plan & { arrived: Deferred<void>; release: Deferred<void> } {
  const [arrived, release] = [deferred(), deferred()];
  const plan: Plan = (call) => {
    if (call.command !== command) return undefined;
    arrived.resolve();
    return { before: () => release.promise };
  };
  return Object.assign(plan, { arrived, release });
}
