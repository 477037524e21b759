import type { SimulatedClient, Subscription } from "../simulation/client.ts";
import type { Audience } from "../simulation/deployment.ts";
import type { MortalProcess } from "../simulation/mortalProcess.ts";

/** What is expected of one connection, told by what was done to it and nothing else. */
export interface Member {
  readonly client: SimulatedClient;
  /** It said that `connectionParams` would follow. */
  readonly isAnnounced: boolean;
  /** When its rows end, by the clock. */
  readonly endsAtMs: number;
  readonly mayCloseAtMs: number;
  handshake: "under way" | "accepted" | "refused";
  /** Who it may be: one user, or all whose params may have been the first. */
  readonly users: Set<string>;
  readonly params: { readonly isBad: boolean; readonly process: MortalProcess | undefined }[];
  /** Its first params have been handled; later ones change nothing. */
  isDecided: boolean;
  /** Frames that are answered without an id. */
  namelessAnswers: number;
  /** Since when a publisher may have closed it. */
  endingAt?: number;
  isDisconnectSent: boolean;
  /** Processes that had to do with it. */
  readonly processes: MortalProcess[];
  readonly uses: Use[];
}

/** A subscription, with what is known of it beside what its client sees. */
export interface Use {
  readonly subscription: Subscription;
  readonly isFresh: boolean;
  /** The first params had been handled before it was sent. */
  readonly isDecided: boolean;
  /** Two invocations had its frame, and may answer differently. */
  readonly isDuplicate: boolean;
  /** Processes that handled its frames. */
  readonly processes: MortalProcess[];
}

/** A verb of a publisher that ends subscriptions or closes connections. */
export interface Verb {
  readonly kind: "complete" | "disconnect";
  /** Every subscription of a connection, where it is for one. */
  readonly audience: Audience | Member;
  readonly version: Subscription["version"];
  readonly beganAt: number;
  endedAt?: number;
  endedAtMs?: number;
  readonly process: MortalProcess | undefined;
}

/** What should be, as commands see it. */
export interface Model {
  readonly members: Member[];
  readonly verbs: Verb[];
  /** Processes of publishers that die. */
  readonly processes: MortalProcess[];
}

/** Nobody and nothing. */
export function emptyModel(): Model {
  return { members: [], verbs: [], processes: [] };
}

/** Connections that are open. */
export function openMembers({ members }: Pick<Model, "members">): readonly Member[] {
  return members.filter(({ client }) => client.isOpen);
}

/** Whether one more connection fits. */
export function hasRoom({ members }: Pick<Model, "members">): boolean {
  const busy = members.filter(({ client, handshake }) => {
    return client.isOpen || handshake === "under way";
  });
  return busy.length < MOST_OPEN;
}

/** Closed connections whose `$disconnect` was not sent. */
export function forgottenMembers({ members }: Pick<Model, "members">): readonly Member[] {
  return members.filter(({ client, handshake, isDisconnectSent }) => {
    return handshake === "accepted" && !client.isOpen && !isDisconnectSent;
  });
}

/** Connections that are open at the same time. */
const MOST_OPEN = 4;

/** Whether a verb may mean a subscription. */
export function mayMean({ audience }: Pick<Verb, "audience">, member: Member, use: Use): boolean {
  if ("client" in audience) return audience === member;
  const { room, userId } = audience;
  return room === use.subscription.room && (userId === undefined || member.users.has(userId));
}

/** Whether something of it died half-way. */
export function hasDied({ processes }: Pick<Use, "processes">): boolean {
  return processes.some(({ isDead }) => isDead);
}

/** Whether the client has reason to think that the subscription is live, and the server none to think otherwise. */
export function isSurelyLive(member: Member, use: Use, untilMs: number): boolean {
  const { startedAt, refusedAt, stopSentAt, stoppedAt, endingAt, isMistakable } = use.subscription;
  const isOver = [refusedAt, stopSentAt, stoppedAt, endingAt].some((at) => at !== undefined);
  const isStarted = startedAt !== undefined && isMistakable !== true;
  return isStarted && !isOver && member.client.isOpen && untilMs < member.endsAtMs;
}
