/**
 * What a number rests on. `measured` here, by a program of this repository; `published` by AWS or by somebody who
 * measured on it; `code` of this library; `assumed` by nobody but us.
 */
export type Basis = "measured" | "published" | "code" | "assumed";

/** A number of the model. */
export interface Assumption {
  readonly value: number;
  readonly unit: string;
  readonly basis: Basis;
  readonly what: string;
  readonly source: string;
}
