import { CLOCK_SLACK_MS } from "../simulation/checker.ts";
import type { Post } from "../simulation/gateway.ts";
import { hasDied } from "./model.ts";
import type { Session } from "./session.ts";

/**
 * Watches what is posted to whom, also where nobody hears it.
 *
 * @returns what was posted on rows that must not be there, or must not count: phantoms
 */
export function watchPosts(session: Session): readonly string[] {
  const { world, model } = session;
  const faults: string[] = [];
  world.gateway.onPost = ({ connectionId, frame }: Post): void => {
    const [, number] = /"number":(\d+)/.exec(frame) ?? [];
    const publish = world.publishes[Number(number)];
    const member = model.members.find(({ client }) => client.connectionId === connectionId);
    if (publish === undefined || member === undefined) return;
    const { beganAt, beganAtMs = 0 } = publish;
    const { releasedAt = beganAt } = member.client;
    const isExcused = hasDied(member) || member.uses.some(hasDied);
    // Rows that end soon have ended for a clock that is fast, and are left to a clock that is slow.
    const isGood = beganAtMs < member.endsAtMs - CLOCK_SLACK_MS;
    if (beganAtMs >= member.endsAtMs + CLOCK_SLACK_MS) {
      faults.push(`phantom: event ${number} on rows of ${connectionId} that have ended`);
    } else if (releasedAt < beganAt && isGood && !isExcused) {
      faults.push(`phantom: event ${number} on rows of ${connectionId} after $disconnect`);
    }
  };
  return faults;
}
