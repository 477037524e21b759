import type { EpochMs, EpochSeconds } from "./time.ts";

/** One part of a fan-out that several processes work on. */
export interface WorkClaim {
  /** Id of the publish. */
  readonly fanOutId: string;
  /** Which part of its audience, for example `0.12`. */
  readonly part: string;
  /** Where the part ends, as whoever claims it first sees it: text of the claimer's own. */
  readonly end: string;
  /** Until then nobody else may claim it. */
  readonly leaseUntil: EpochMs;
  /** After this the trace of it may go. */
  readonly expireAt: EpochSeconds;
}

/** What became of a {@link WorkClaim}. */
export type ClaimOutcome =
  /** It is ours. `repeated`: someone had it before, and may have done any of it. `end` is what the first one said. */
  | { readonly status: "claimed"; readonly repeated: boolean; readonly end: string }
  /** Someone is at it, until `leaseUntil`. */
  | { readonly status: "busy"; readonly leaseUntil: EpochMs }
  /** It was finished. */
  | { readonly status: "done" };

/** What the processes of one fan-out know of each other. Rows whose `expireAt` has passed count as absent. */
export interface FanOutLedger {
  /** Keeps a text for the workers of a fan-out; the same call again changes nothing. */
  keep(fanOutId: string, text: string, expireAt: EpochSeconds): Promise<void>;

  /** The text kept, read strongly consistent; `undefined` when there is none or it expired. */
  kept(fanOutId: string): Promise<string | undefined>;

  /** Takes a part, unless someone is at it or has finished it. Of two at the same time one gets it. */
  claim(claim: WorkClaim): Promise<ClaimOutcome>;

  /** Marks a part as finished, until it expires; one that nobody claimed is left alone. */
  finish(part: Pick<WorkClaim, "fanOutId" | "part">): Promise<void>;
}
