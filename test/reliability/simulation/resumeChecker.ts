import type { Verdict } from "./checker.ts";
import type { Heard } from "./clientFrames.ts";
import type { Life, Reader } from "./reader.ts";
import type { Publish } from "./world.ts";

/**
 * Everything that is wrong with what a reader has seen, in words, when nothing happens any more and it has come back
 * once more.
 *
 * - `lost`: published after it knew that it is subscribed, and not there although it was told of no gap since
 * - `duplicate`: there more than once under different ids
 * - `LEAKED`: of another room
 * - `phantom`: what a publish did not say that it was
 */
export function readerFaults(
  reader: Pick<Reader, "room" | "lives" | "refused">,
  publishes: readonly Publish[],
): readonly string[] {
  const { room, lives, refused } = reader;
  const heard = lives.flatMap(({ subscriptions }) => subscriptions.flatMap(({ events }) => events));
  return [
    ...heard.flatMap((each) => strange(each, room, publishes)),
    ...lives.slice(-1).flatMap((life) => missing(life, room, publishes)),
    ...doubles(heard),
    ...refused.flatMap(({ refusedWith, events }) => [
      ...(refusedWith === "PRECONDITION_FAILED" ? [] : [`refused with ${refusedWith}`]),
      ...(events.length === 0 ? [] : [`a part of what was missed was sent before the gap`]),
    ]),
  ];
}

/** An event from before the publishes. */
export const BEFORE = -1;

function strange({ event, kept }: Heard, room: string, all: readonly Publish[]): readonly string[] {
  if (event.room !== room) return [say("LEAKED", event.number)];
  if (event.number === BEFORE) return [];
  const eventId = eventIdOf(all[event.number]);
  return kept !== undefined && kept.id === eventId && kept.cursor === eventId
    ? []
    : [say("phantom", event.number)];
}

function missing(
  { startedAt, subscriptions }: Life,
  room: string,
  publishes: readonly Publish[],
): readonly string[] {
  const events = subscriptions.flatMap((each) => each.events);
  const numbers = new Set(events.map(({ event }) => event.number));
  if (startedAt === undefined) return [];
  return publishes
    .filter((publish) => eventIdOf(publish) !== undefined && publish.room === room)
    .filter(({ number, beganAt }) => beganAt > startedAt && !numbers.has(number))
    .map(({ number }) => say("lost", number));
}

/** `undefined` for what was not kept. */
function eventIdOf({ report }: Pick<Publish, "report"> = {}): string | undefined {
  return report !== undefined && "eventId" in report ? report.eventId : undefined;
}

function doubles(heard: readonly Heard[]): readonly string[] {
  const ids = new Map<number, string>();
  return heard.flatMap(({ event: { number }, kept }) => {
    const id = kept?.id ?? "";
    const first = ids.get(number) ?? id;
    ids.set(number, first);
    return first === id ? [] : [say("duplicate", number)];
  });
}

function say(verdict: Verdict, number: number): string {
  return `${verdict}: event ${number}`;
}
