import { WrongEndpointError } from "trpc-aws-subscriptions";
import { CLOCK_SLACK_MS, deliveryFaults, reportFaults } from "../simulation/checker.ts";
import type { Publish } from "../simulation/world.ts";
import { hasDied, isSurelyLive, type Member, mayMean, type Use, type Verb } from "./model.ts";
import { endlessRows, ownerOf, ROWS_EACH, routeRows } from "./rows.ts";
import type { Session } from "./session.ts";

/** Subscriptions that one connection may have in these worlds. */
export const MAX_SUBSCRIPTIONS = 5;

const NEVER = Number.POSITIVE_INFINITY;

/** Everything that is not as the model says, once nothing is under way. */
export function faultsOf(session: Session): readonly string[] {
  const { world, model } = session;
  const isDead = (publish: Publish): boolean =>
    publish.report === undefined && model.processes.some((process) => process.isDead);
  return [
    ...deliveryFaults(world.clients, world.publishes),
    ...reportFaults(world.publishes.filter((publish) => !isDead(publish))),
    ...model.members.flatMap((member) => memberFaults(session, member)),
    ...model.verbs.flatMap((verb) => verbFaults(session, verb)),
    ...rowFaults(session),
    ...world.gateway.failures,
    ...errorFaults(session),
  ];
}

function memberFaults(session: Session, member: Member): readonly string[] {
  const { client, handshake, uses, endingAt, namelessAnswers } = member;
  const nameless = client.strays.filter((frame) => frame.startsWith('{"id":null,"error"'));
  const live = uses.filter((use) => isSurelyLive(member, use, session.world.nowMs));
  const isFull = session.isLimitExact && live.length > MAX_SUBSCRIPTIONS;
  return [
    ...(handshake === "accepted" || hasDied(member)
      ? []
      : [`${handshake}: handshake of ${client.connectionId}`]),
    ...client.strays
      .filter((frame) => !nameless.includes(frame))
      .map((frame) => `nobody asked for ${frame}`),
    // One that is closed meanwhile is told so.
    ...nameless
      .slice(endingAt === undefined ? namelessAnswers : NEVER)
      .map((frame) => `nobody is blamed by ${frame}`),
    ...(isFull ? [`${client.connectionId} has ${live.length} subscriptions`] : []),
    ...uses.flatMap((use) => answerFaults(member, use)),
  ];
}

function answerFaults(member: Member, use: Use): readonly string[] {
  const { subscription } = use;
  const { startedAt, refusedAt, stoppedAt, stopSentAt, isMistakable } = subscription;
  const name = `subscription ${subscription.id} of ${member.client.connectionId}`;
  if (refusedAt !== undefined) {
    const isRight = isMistakable === true || mayBeRefused(member, use);
    return isRight ? [] : [`${name} is refused with ${subscription.refusedWith}`];
  }
  if (startedAt !== undefined && member.users.size === 0) return [`${name} is nobody's`];
  // A stop may take its subscription's answer with it, a closed socket takes all of them.
  const isExcused = !member.client.isOpen || stopSentAt !== undefined || hasDied(use);
  const isAnswered = startedAt !== undefined || stoppedAt !== undefined;
  return isAnswered || isExcused ? [] : [`${name} has no answer`];
}

function mayBeRefused(member: Member, { subscription, isFresh, isDecided }: Use): boolean {
  const { endingAt, sentAt, refusedAt = NEVER, refusedAtMs = 0 } = subscription;
  switch (subscription.refusedWith) {
    case "UNAUTHORIZED":
      return endingAt !== undefined || refusedAtMs >= member.endsAtMs - CLOCK_SLACK_MS;
    case "TIMEOUT":
      return member.isAnnounced && !isDecided;
    case "BAD_REQUEST":
      return (
        member.params.some(({ isBad }) => isBad) || (!isFresh && mayLiveOn(member, subscription.id))
      );
    case "TOO_MANY_REQUESTS": {
      const others = member.client.subscriptions.filter((other) => {
        const { stoppedAt = NEVER } = other;
        return other !== subscription && other.sentAt < refusedAt && stoppedAt > sentAt;
      });
      return others.length >= MAX_SUBSCRIPTIONS;
    }
    default:
      return false;
  }
}

/** Whether the server may not know that an id is free. */
function mayLiveOn({ uses }: Member, id: number): boolean {
  return uses.some((use) => use.subscription.id === id && isUndecided(use));
}

/** Whom a verb must have ended, and did not. */
function verbFaults(session: Session, verb: Verb): readonly string[] {
  const { audience, endedAt, kind } = verb;
  if (endedAt === undefined) {
    return verb.process?.isDead === true ? [] : [`${kind} has no end`];
  }
  if ("client" in audience) return audience.client.isOpen ? ["a connection was not closed"] : [];
  const { verbs, members } = session.model;
  return members.flatMap((member) =>
    member.uses
      .filter((use) => {
        const isMeantBy = (other: Verb): boolean =>
          other.kind === "disconnect" || mayMean(other, member, use);
        const allEndedAt = endOfAll(verbs, { ...verb, endedAt }, isMeantBy);
        const isExcused = allEndedAt === undefined || !mustEnd(verb, member, use);
        return !isExcused && !isEnded({ ...verb, endedAt: allEndedAt }, member, use);
      })
      .map(
        ({ subscription: { id } }) =>
          `${kind} left subscription ${id} of ${member.client.connectionId}`,
      ),
  );
}

/** Whether a subscription was live beyond doubt from before a verb until after it, and is meant by it. */
function mustEnd(verb: Verb, member: Member, use: Use): boolean {
  const { audience, beganAt, endedAt = NEVER, endedAtMs = 0, version } = verb;
  const { subscription } = use;
  const { startedAt = NEVER, stopSentAt = NEVER, refusedAt, isMistakable } = subscription;
  const isOneUser = member.users.size === 1 && subscription.version === version;
  const isSure = "client" in audience || audience.userId === undefined || isOneUser;
  const wasLive = startedAt < beganAt && stopSentAt > endedAt && refusedAt === undefined;
  // Another verb may have been at it.
  const isOurs = subscription.endingAt === beganAt && isMistakable !== true;
  const isInTime = endedAtMs < member.endsAtMs - CLOCK_SLACK_MS;
  return isSure && wasLive && isOurs && isInTime && mayMean(verb, member, use);
}

/**
 * When the last of the verbs has ended that were at a subscription side by side: one of them ends it for all.
 *
 * @returns nothing if one of them has died
 */
function endOfAll(
  verbs: readonly Verb[],
  { beganAt, endedAt }: Pick<Verb, "beganAt"> & { readonly endedAt: number },
  isMeantBy: (verb: Verb) => boolean,
): number | undefined {
  const others = verbs.filter((other) => {
    return isMeantBy(other) && other.beganAt < endedAt && (other.endedAt ?? NEVER) > beganAt;
  });
  const lastEndedAt = Math.max(endedAt, ...others.map((other) => other.endedAt ?? NEVER));
  return lastEndedAt === NEVER ? undefined : lastEndedAt;
}

function isEnded(verb: Verb & { readonly endedAt: number }, member: Member, use: Use): boolean {
  const { closedAt = NEVER, subscriptions } = member.client;
  if (closedAt < verb.endedAt) return true;
  if (verb.kind === "disconnect") return false;
  // The client may take it for the answer to a stop of an earlier use, which had none.
  return subscriptions.some(({ id, stoppedAt = NEVER }) => {
    return id === use.subscription.id && stoppedAt > verb.beganAt && stoppedAt < verb.endedAt;
  });
}

/** Rows that differ from the model: a live subscription has all of its, one that is over has none. */
function rowFaults({ world, model }: Session): readonly string[] {
  const rows = routeRows(world.table, world.nowMs + CLOCK_SLACK_MS);
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(ownerOf(row), (counts.get(ownerOf(row)) ?? 0) + 1);
  const isUnclean = model.processes.some(({ isDead }) => isDead) || isSuspicious(world.publishes);
  return model.members.flatMap((member) => {
    const { client } = member;
    // Its rows stay until a publish finds them.
    if (!client.isOpen && (client.releasedAt === undefined || hasDied(member) || isUnclean))
      return [];
    const ids = new Set(client.subscriptions.map(({ id }) => id));
    return [...ids].flatMap((id): readonly string[] => {
      const uses = member.uses.filter(({ subscription }) => subscription.id === id);
      if (uses.some(isUndecided)) return [];
      const isLive = uses.some((use) =>
        isSurelyLive(member, use, world.nowMs + 2 * CLOCK_SLACK_MS),
      );
      const owner = `${client.connectionId} ${id}`;
      const count = counts.get(owner) ?? 0;
      return count === (isLive ? ROWS_EACH : 0) ? [] : [`${owner} has ${count} rows`];
    });
  });
}

/** Rows that are still there after publishes to everybody, or that would be for ever. */
export function leftovers({ world, model }: Session): readonly string[] {
  const latestMs = world.nowMs + LONGEST_LIFE_MS;
  const isUnclean = model.processes.some(({ isDead }) => isDead) || isSuspicious(world.publishes);
  const gone = model.members.filter((member) => !member.client.isOpen && !hasDied(member));
  const rows = routeRows(world.table, world.nowMs + CLOCK_SLACK_MS);
  const left = rows.filter((row) =>
    gone.some(({ client }) => ownerOf(row).startsWith(`${client.connectionId} `)),
  );
  return [
    ...endlessRows(world.table, latestMs),
    ...(isUnclean ? [] : left.map((row) => `${row} is left of a closed connection`)),
  ];
}

/** Two hours, and the slack after them. */
const LONGEST_LIFE_MS = 135 * 60_000;

/** Whether the client does not know what became of it. */
function isUndecided(use: Use): boolean {
  const { endingAt, stoppedAt, refusedAt, isMistakable } = use.subscription;
  const isEnding = endingAt !== undefined && stoppedAt === undefined;
  // What the first invocation had to refuse may have been possible for the second.
  const isTwofold = use.isDuplicate && refusedAt !== undefined;
  return hasDied(use) || isMistakable === true || isEnding || isTwofold;
}

/** What our code may report: requests that it refused. */
const REFUSALS: readonly unknown[] = [
  ...["BAD_REQUEST", "PARSE_ERROR", "TIMEOUT", "TOO_MANY_REQUESTS", "UNAUTHORIZED"],
];

function errorFaults({ world }: Session): readonly string[] {
  return world.errors
    .filter((error) => {
      if (error instanceof WrongEndpointError) return !isSuspicious(world.publishes);
      return !("code" in error && REFUSALS.includes(error.code));
    })
    .map((error) => `reported: ${error.name}: ${error.message}`);
}

/** Whether a publish met so many closed connections that it had to suspect its endpoint. */
function isSuspicious(publishes: readonly Publish[]): boolean {
  return publishes.some(({ report }) => report !== undefined && report.gone >= 18);
}
