import type { ClaimOutcome, FanOutLedger, WorkClaim } from "./fanOutLedger.ts";
import { live, type Rows } from "./memoryRows.ts";

/** What the processes of one fan-out know of each other, where all of them are this one. */
export function fanOuts(rows: Rows): FanOutLedger {
  return {
    keep: async (fanOutId, text, expireAt) => {
      rows.fanOutTexts.set(fanOutId, { text, expireAt: Math.floor(expireAt) });
    },
    kept: async (fanOutId) => live(rows, rows.fanOutTexts.get(fanOutId))?.text,
    claim: async (claim) => claimPart(rows, claim),
    finish: async (part) => {
      const row = rows.fanOutParts.get(keyOf(part));
      if (row !== undefined) row.finished = true;
    },
  };
}

function claimPart(rows: Rows, claim: WorkClaim): ClaimOutcome {
  const { leaseUntil } = claim;
  const expireAt = Math.floor(claim.expireAt);
  const there = live(rows, rows.fanOutParts.get(keyOf(claim)));
  if (there?.finished === true) return { status: "done" };
  if (there !== undefined && there.leaseUntil > rows.now()) {
    return { status: "busy", leaseUntil: there.leaseUntil };
  }
  const end = there?.end ?? claim.end;
  rows.fanOutParts.set(keyOf(claim), { end, leaseUntil, expireAt, finished: false });
  return { status: "claimed", repeated: there !== undefined, end };
}

function keyOf({ fanOutId, part }: Pick<WorkClaim, "fanOutId" | "part">): string {
  return JSON.stringify([fanOutId, part]);
}
