import { CONNECTION_PRICES, PRICES } from "../../bench/simulation/prices.ts";

/** Dollars for each, of one Region. */
export interface PriceSet {
  /** A message of up to 32 KB, of the first thousand million of a month. */
  readonly message: number;
  /** A message beyond them. */
  readonly messageBeyond: number;
  readonly connectionMinute: number;
  readonly invocation: number;
  readonly gbSecond: number;
  readonly readUnit: number;
  readonly writeUnit: number;
}

/** Prices with where they are from. */
export interface Region {
  readonly name: string;
  readonly source: string;
  readonly prices: PriceSet;
}

/** The one Region whose prices were looked up: those that the simulation uses. */
export const US_EAST_1: Region = {
  name: "us-east-1",
  source: "list prices as AWS published them in September 2026, arm64, on demand, no free tier",
  prices: {
    message: PRICES.message.value,
    messageBeyond: CONNECTION_PRICES.messageBeyond.value,
    connectionMinute: CONNECTION_PRICES.connectionMinute.value,
    invocation: PRICES.invocation.value,
    gbSecond: PRICES.gbSecond.value,
    readUnit: PRICES.readUnit.value,
    writeUnit: PRICES.writeUnit.value,
  },
};
