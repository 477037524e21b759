import assert from "node:assert/strict";
import type { WorkClaim } from "../../store/types.ts";
import { START_MS, type StoreCase } from "./world.ts";

const LEASE_MS = 60_000;

function claimOf(fields: Partial<WorkClaim> = {}): WorkClaim {
  return {
    fanOutId: "f",
    part: "0",
    end: "the end",
    leaseUntil: START_MS + LEASE_MS,
    expireAt: START_MS / 1000 + 3600,
    ...fields,
  };
}

/** A claim after the lease of the first one, by somebody who sees the part end elsewhere. */
const later = claimOf({ end: "another end", leaseUntil: START_MS + 2 * LEASE_MS });

/** The signing key, and what the processes of one fan-out know of each other. */
export const ledgerCases: readonly StoreCase[] = [
  {
    name: "the signing key is the same for everybody, and nobody can guess it",
    async run({ store }) {
      const keys = await Promise.all(Array.from({ length: 5 }, () => store.signingKey()));
      keys.push(await store.signingKey());
      assert.equal(new Set(keys).size, 1);
      // 32 bytes in base64url.
      assert.match(keys[0] ?? "", /^[\w-]{43}$/);
    },
  },
  {
    name: "a text is kept until it expires",
    async run({ store: { fanOuts }, clock }) {
      const text = JSON.stringify({ type: "data", data: "#é😀\u0000".repeat(1000) });
      const expireAt = START_MS / 1000 + 60;
      assert.equal(await fanOuts.kept("f"), undefined);
      await fanOuts.keep("f", text, expireAt);
      await fanOuts.keep("f", text, expireAt);
      await fanOuts.keep("f#", "another", expireAt + 0.9);
      await fanOuts.keep("empty", "", expireAt);
      assert.equal(await fanOuts.kept("f"), text);
      assert.equal(await fanOuts.kept("f#"), "another");
      assert.equal(await fanOuts.kept("empty"), "");
      clock.nowMs = expireAt * 1000 - 1;
      assert.equal(await fanOuts.kept("f"), text);
      clock.nowMs += 1;
      assert.equal(await fanOuts.kept("f"), undefined);
      assert.equal(await fanOuts.kept("f#"), undefined);
    },
  },
  {
    name: "a part is one claimer's until the lease is over, then the next one's",
    async run({ store: { fanOuts }, clock }) {
      const first = { status: "claimed", repeated: false, end: "the end" };
      assert.deepEqual(await fanOuts.claim(claimOf()), first);
      clock.nowMs = START_MS + LEASE_MS - 1;
      const busy = { status: "busy", leaseUntil: START_MS + LEASE_MS };
      assert.deepEqual(await fanOuts.claim(later), busy);
      clock.nowMs += 1;
      const again = { status: "claimed", repeated: true, end: "the end" };
      assert.deepEqual(await fanOuts.claim(later), again);
      assert.deepEqual(await fanOuts.claim(later), { ...busy, leaseUntil: later.leaseUntil });
      clock.nowMs = later.leaseUntil;
      const third = claimOf({ end: "a third end", leaseUntil: later.leaseUntil + LEASE_MS });
      assert.deepEqual(await fanOuts.claim(third), again);
    },
  },
  {
    name: "a finished part is done, whoever asks and whenever",
    async run({ store: { fanOuts }, clock }) {
      await fanOuts.claim(claimOf());
      await fanOuts.finish(claimOf());
      assert.deepEqual(await fanOuts.claim(later), { status: "done" });
      clock.nowMs = START_MS + LEASE_MS;
      assert.deepEqual(await fanOuts.claim(later), { status: "done" });
      await fanOuts.finish(claimOf());
      assert.deepEqual(await fanOuts.claim(later), { status: "done" });
    },
  },
  {
    name: "whoever lost a part to the next one may still finish it",
    async run({ store: { fanOuts }, clock }) {
      await fanOuts.claim(claimOf());
      clock.nowMs = START_MS + LEASE_MS;
      await fanOuts.claim(later);
      await fanOuts.finish(claimOf());
      assert.deepEqual(await fanOuts.claim(later), { status: "done" });
    },
  },
  {
    name: "parts and fan-outs are apart, whatever their names",
    async run({ store: { fanOuts } }) {
      const parts = [
        { fanOutId: "f", part: "0" },
        { fanOutId: "f", part: "0.0" },
        { fanOutId: "f", part: "text" },
        { fanOutId: "f", part: "part#0" },
        { fanOutId: "f#part", part: "0" },
        { fanOutId: "f#", part: "" },
        { fanOutId: "f", part: "#" },
        { fanOutId: "f%23", part: "" },
      ];
      await fanOuts.keep("f", "kept", START_MS / 1000 + 60);
      for (const part of parts) {
        assert.equal((await fanOuts.claim(claimOf(part))).status, "claimed", JSON.stringify(part));
      }
      await fanOuts.finish({ fanOutId: "f", part: "0" });
      for (const part of parts.slice(1)) {
        assert.equal((await fanOuts.claim(claimOf(part))).status, "busy", JSON.stringify(part));
      }
      assert.equal(await fanOuts.kept("f"), "kept");
    },
  },
  {
    name: "an expired claim is as if there had been none, finished or not",
    async run({ store: { fanOuts }, clock }) {
      const expireAt = START_MS / 1000 + 30;
      await fanOuts.claim(claimOf({ expireAt }));
      await fanOuts.claim(claimOf({ part: "1", expireAt }));
      await fanOuts.finish({ fanOutId: "f", part: "1" });
      clock.nowMs = expireAt * 1000;
      const afresh = { status: "claimed", repeated: false, end: "another end" };
      for (const part of ["0", "1"]) {
        assert.deepEqual(await fanOuts.claim({ ...later, part }), afresh);
        assert.equal((await fanOuts.claim({ ...later, part })).status, "busy");
      }
    },
  },
  {
    name: "finishing what nobody claimed leaves nothing",
    async run({ store: { fanOuts } }) {
      await fanOuts.finish(claimOf());
      assert.equal((await fanOuts.claim(claimOf())).status, "claimed");
    },
  },
  {
    name: "of claims at once one wins, the first time and after the lease",
    async run({ store: { fanOuts }, clock }) {
      for (const part of Array.from({ length: 10 }, (_, n) => String(n))) {
        clock.nowMs = START_MS;
        const outcomes = async (claim: WorkClaim): Promise<readonly string[]> => {
          const claims = Array.from({ length: 8 }, () => fanOuts.claim({ ...claim, part }));
          return (await Promise.all(claims)).map(({ status }) => status).toSorted();
        };
        const oneOfThem = [...Array.from({ length: 7 }, () => "busy"), "claimed"];
        assert.deepEqual(await outcomes(claimOf()), oneOfThem);
        clock.nowMs = START_MS + LEASE_MS;
        assert.deepEqual(await outcomes(later), oneOfThem);
      }
    },
  },
];
