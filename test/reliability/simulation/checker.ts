import type { SimulatedClient, Subscription } from "./client.ts";
import { liveOf, type Publish, type SimulatedWorld } from "./world.ts";

/**
 * What may have gone wrong with a message.
 *
 * - `LEAKED`: delivered where the filter does not match
 * - `lost`: not delivered, though the client had seen `started` before the publish began and neither stopped nor closed
 *   before it ended
 * - `duplicate`: delivered more than once
 * - `phantom`: published after the client knew that the subscription was over or after its rows had ended, before the
 *   client asked for it, or not at all
 * - `reordered`: delivered before an earlier one of the same publisher that had been awaited
 */
export type Verdict = "LEAKED" | "lost" | "duplicate" | "phantom" | "reordered";

const NEVER = Number.POSITIVE_INFINITY;

/** Rows end in whole seconds, by clocks that are wrong by two. */
export const CLOCK_SLACK_MS = 3_000;

/** What else is known where a subscription is judged. */
interface History {
  readonly publishes: readonly Publish[];
  /** Subscriptions that had its wire id before. */
  readonly earlier: readonly Subscription[];
}

/** What a client saw. */
export type Witness = Pick<SimulatedClient, "closedAt" | "subscriptions">;

/** Everything that is wrong with the deliveries of a world, in words. */
export function deliveryFaults(
  clients: readonly Witness[],
  publishes: readonly Publish[],
): readonly string[] {
  return clients.flatMap((client) =>
    client.subscriptions.flatMap((subscription, index) => {
      // A late post for an earlier use of a wire id goes to the same user, who cannot tell; which one it was for, can.
      const earlier = client.subscriptions
        .slice(0, index)
        .filter(({ id }) => id === subscription.id);
      return [
        ...unexpected(subscription, publishes, earlier),
        ...missing(client, subscription, { publishes, earlier }),
        ...disordered(subscription, publishes),
      ];
    }),
  );
}

function unexpected(
  subscription: Subscription,
  publishes: readonly Publish[],
  earlier: readonly Subscription[],
): readonly string[] {
  return subscription.events.flatMap(({ event }): readonly string[] => {
    const publish = publishes[event.number];
    if (publish === undefined) return [say("phantom", subscription, event.number)];
    const uses = [...earlier, subscription].filter((use) => mayMatch(use, publish));
    if (uses.length === 0) return [say("LEAKED", subscription, event.number)];
    return uses.some((use) => overlap(use, publish))
      ? []
      : [say("phantom", subscription, event.number)];
  });
}

/** Whether a publish may reach a subscription at all: neither was over before the other began. */
function overlap(
  { sentAt, stoppedAt = NEVER, endsAtMs = NEVER }: Subscription,
  { beganAt, endedAt = NEVER, beganAtMs = 0 }: Publish,
): boolean {
  return stoppedAt >= beganAt && sentAt <= endedAt && beganAtMs < endsAtMs + CLOCK_SLACK_MS;
}

function missing(
  client: Witness,
  subscription: Subscription,
  { publishes, earlier }: History,
): readonly string[] {
  return publishes
    .filter((publish) => mayMatch(subscription, publish))
    .flatMap((publish): readonly string[] => {
      const { number } = publish;
      const times = subscription.events.filter(({ event }) => event.number === number).length;
      const uses = earlier.filter((use) => mayMatch(use, publish) && overlap(use, publish));
      if (times > uses.length + 1) return [say("duplicate", subscription, number)];
      return times === 0 && mustHave(client, subscription, publish)
        ? [say("lost", subscription, number)]
        : [];
    });
}

/** Whether a subscription was live beyond doubt from before a publish until after it. */
function mustHave(
  { closedAt = NEVER }: Witness,
  subscription: Subscription,
  publish: Publish,
): boolean {
  const { startedAt = NEVER, stopSentAt = NEVER, endingAt = NEVER } = subscription;
  const { endsAtMs = NEVER, users, version, isMistakable = false } = subscription;
  if (isMistakable || subscription.refusedAt !== undefined) return false;
  const { beganAt, endedAt = NEVER, endedAtMs = 0 } = publish;
  const isOneUser = users === undefined || users.size === 1;
  // Another version's filter of users has another name.
  const isSameFilter = version === publish.version && isOneUser;
  if (publish.userId !== undefined && !isSameFilter) return false;
  const isLive = startedAt < beganAt && endedAt < Math.min(closedAt, stopSentAt, endingAt);
  return isLive && endedAtMs < endsAtMs - CLOCK_SLACK_MS;
}

function disordered(subscription: Subscription, publishes: readonly Publish[]): readonly string[] {
  const { events } = subscription;
  return events.flatMap(({ event }, index) => {
    const publish = publishes[event.number];
    const isOvertaken = events.slice(0, index).some((other) => {
      const earlier = publishes[other.event.number];
      const isSame = earlier?.publisher === publish?.publisher;
      return isSame && (publish?.endedAt ?? Number.POSITIVE_INFINITY) < (earlier?.beganAt ?? 0);
    });
    return isOvertaken ? [say("reordered", subscription, event.number)] : [];
  });
}

/** Whether an audience has a subscription in it, as far as is known who its user is. */
function mayMatch(
  { room, userId, users = new Set([userId]) }: Subscription,
  publish: Pick<Publish, "room" | "userId">,
): boolean {
  const isRoom = publish.room === undefined || publish.room === room;
  return isRoom && (publish.userId === undefined || users.has(publish.userId));
}

function say(verdict: Verdict, { id, room }: Subscription, number: number): string {
  return `${verdict}: event ${number} at subscription ${id} of room ${room}`;
}

/** Reports that do not add up. */
export function reportFaults(publishes: readonly Publish[]): readonly string[] {
  return publishes.flatMap(({ number, report }) => {
    if (report === undefined) return [`publish ${number} has no report`];
    const { matched, delivered, gone, failed, complete } = report;
    const isSum = matched === delivered + gone + failed;
    return complete && isSum ? [] : [`publish ${number}: ${JSON.stringify(report)}`];
  });
}

/** Requests without an answer, and answers that nobody asked for. */
function answerFaults(clients: readonly SimulatedClient[]): readonly string[] {
  return clients.flatMap((client) => [
    ...client.strays.map((frame) => `nobody asked for ${frame}`),
    ...client.subscriptions.flatMap((subscription): readonly string[] => {
      const { id, startedAt, refusedAt, stopSentAt } = subscription;
      // A stop may take its subscription's answer with it, a closed socket takes all of them.
      if (!client.isOpen || stopSentAt !== undefined) return [];
      return startedAt === undefined && refusedAt === undefined
        ? [`subscription ${id} has no answer`]
        : [];
    }),
  ]);
}

/** Rows that differ from what the clients have reason to think: a live subscription has its rows, nobody else has any. */
function rowFaults(world: SimulatedWorld): readonly string[] {
  const live = world.clients.flatMap((client) =>
    liveOf(client).map(({ id }) => `${client.connectionId} ${id}`),
  );
  const rows = [...world.table.items()].filter(({ pk }) => String(pk).startsWith("path#"));
  const owners = rows.map(({ sk }) => {
    const [, connectionId, id] = /connection#([^#]+)#subscription#%n(\d+)#/.exec(String(sk)) ?? [];
    return `${connectionId} ${id}`;
  });
  return [
    ...owners.filter((owner) => !live.includes(owner)).map((owner) => `${owner} has a row left`),
    ...live.flatMap((owner) => {
      const count = owners.filter((other) => other === owner).length;
      return count === ROWS_EACH ? [] : [`${owner} has ${count} rows`];
    }),
  ];
}

/** One for everybody, one for each filter. */
const ROWS_EACH = 3;

/** Everything that is wrong with a world in which nothing happens any more. */
export function faultsOf(world: SimulatedWorld): readonly string[] {
  return [
    ...deliveryFaults(world.clients, world.publishes),
    ...reportFaults(world.publishes),
    ...answerFaults(world.clients),
    ...rowFaults(world),
    ...world.gateway.failures,
    ...world.errors.map((error) => `reported: ${error.message}`),
  ];
}
