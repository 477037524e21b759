import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { START } from "../../../src/publisher/job.ts";
import {
  claimPart,
  finishPart,
  isSent,
  noteSent,
  withdraw,
} from "../../../src/publisher/partClaims.ts";
import type { ClaimOutcome, WorkClaim } from "../../../src/store/types.ts";
import { audience } from "./audience.ts";

const NOW_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const EXPIRE_AT = (NOW_MS + 135 * MINUTE_MS) / 1_000;
const broken = new Error("the table is away");
const job = {
  ...{ id: "f", part: "1", path: "p", keys: [undefined], position: START },
  ...{ pending: [], issuedAtMs: NOW_MS },
};

beforeEach(() => {
  vi.useFakeTimers({ now: NOW_MS });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A ledger whose claims have this outcome, or fail. */
function world(outcome: ClaimOutcome | Error, finished?: Error) {
  const claims: WorkClaim[] = [];
  const finishes: object[] = [];
  const one = audience({
    wrap: (store) => ({
      ...store,
      fanOuts: {
        ...store.fanOuts,
        claim: async (claim) => {
          claims.push(claim);
          if (outcome instanceof Error) throw outcome;
          return outcome;
        },
        finish: async (part) => {
          finishes.push(part);
          if (finished !== undefined) throw finished;
        },
      },
    }),
  });
  return { ...one, claims, finishes, told: [{ error: broken, path: "p" }] };
}

const claimed = (repeated: boolean, end = "null") =>
  ({ status: "claimed", repeated, end }) as const;
const end = { key: 0, after: [{ pk: "path#p", sk: "z" }] };

describe("claiming a part", () => {
  it.each([
    [20_000, 20_000],
    [Number.POSITIVE_INFINITY, 15 * MINUTE_MS],
    [16 * MINUTE_MS, 15 * MINUTE_MS],
  ])("for %d ms holds it for %d, and says where it ends", async (leaseMs, heldMs) => {
    const { context, claims } = world(claimed(false));
    await claimPart(context, job, { leaseMs, end });
    const leaseUntil = NOW_MS + heldMs;
    const text = JSON.stringify(end);
    expect(claims).toEqual([
      { fanOutId: "f", part: "1", expireAt: EXPIRE_AT, leaseUntil, end: text },
    ]);
  });

  it.each([
    [claimed(false), { repeated: false }],
    [claimed(true, JSON.stringify(end)), { repeated: true, end }],
    [{ status: "done" } as const, undefined],
  ])("that comes to %j is %j", async (outcome, part) => {
    const { context } = world(outcome);
    expect(await claimPart(context, job, { leaseMs: 1 })).toStrictEqual(part);
  });

  it("that somebody is at is refused until they are done", async () => {
    const { context } = world({ status: "busy", leaseUntil: NOW_MS + 1 });
    await expect(claimPart(context, job, { leaseMs: 1 })).rejects.toMatchObject({
      name: "PartBusyError",
    });
  });
});

describe("withdrawing a part", () => {
  it.each([
    [claimed(false), true, 1],
    [claimed(true), false, 0],
    [{ status: "done" } as const, false, 0],
    [{ status: "busy", leaseUntil: NOW_MS + 1 } as const, false, 0],
  ])("that comes to %j is %j", async (outcome, kept, finished) => {
    const { context, claims, finishes, failures } = world(outcome);
    expect(await withdraw(context, job)).toBe(kept);
    expect(claims).toMatchObject([{ part: "1", leaseUntil: NOW_MS + 5_000, end: "null" }]);
    expect(finishes).toHaveLength(finished);
    expect(failures).toEqual([]);
  });

  it("takes it for withdrawn when the table is away, and says so", async () => {
    const { context, failures, told } = world(broken);
    expect(await withdraw(context, job)).toBe(true);
    expect(failures).toEqual(told);
  });
});

describe("the note that a part was sent", () => {
  it("is a claim of its own name, as long as the part can matter", async () => {
    const { context, claims } = world(claimed(false, ""));
    await noteSent(context, job);
    const note = { fanOutId: "f", part: "1.sent", end: "", expireAt: EXPIRE_AT };
    expect(claims).toEqual([{ ...note, leaseUntil: EXPIRE_AT * 1_000 }]);
    expect(await isSent(context, job)).toBe(false);
    // A claim for no time: it takes nothing.
    expect(claims[1]).toEqual({ ...note, leaseUntil: 0 });
  });

  it("is found by who comes later", async () => {
    const { context } = world({ status: "busy", leaseUntil: NOW_MS });
    expect(await isSent(context, job)).toBe(true);
  });

  it("and the end of a part are no reason to fail when the table is away", async () => {
    const { context, failures, told, finishes } = world(broken, broken);
    await noteSent(context, job);
    expect(failures).toEqual(told);
    await finishPart(context, job);
    expect(failures).toEqual([...told, ...told]);
    expect(finishes).toEqual([{ fanOutId: "f", part: "1" }]);
  });
});
