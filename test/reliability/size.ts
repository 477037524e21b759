import { randomInt } from "node:crypto";

/**
 * How much is run: what `npm test` has time for, or, under `npm run soak`, `soak` times the factor that was asked for.
 */
export function size({ ci, soak }: { readonly ci: number; readonly soak: number }): number {
  return isSoak ? Math.max(1, Math.round(soak * Number(process.env["SOAK"]))) : ci;
}

/** Whether `npm run soak` runs. */
export const isSoak: boolean = process.env["SOAK"] !== undefined;

/** Time limit of a test; none that matters under `npm run soak`. */
export function limitMs(ciMs: number): number {
  return isSoak ? 6 * 60 * 60 * 1_000 : ciMs;
}

/** What all random choices of this run follow from: `SEED`, or another one every time. */
export const seed: number = Number(process.env["SEED"] ?? randomInt(2 ** 31));
