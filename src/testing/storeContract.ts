import { addressCases } from "./store/addresses.ts";
import { audienceCases } from "./store/audience.ts";
import { connectionCases } from "./store/connections.ts";
import { expiryCases } from "./store/expiry.ts";
import { goneCases } from "./store/gone.ts";
import { historyCases } from "./store/history.ts";
import { ledgerCases } from "./store/ledger.ts";
import { limitCases } from "./store/limits.ts";
import { raceCases } from "./store/races.ts";
import { readingCases } from "./store/reading.ts";
import { subscriptionCases } from "./store/subscriptions.ts";
import { unionCases } from "./store/unions.ts";
import {
  START_MS,
  type StoreUnderTest,
  type StoreUnderTestOptions,
  worldOf,
} from "./store/world.ts";

export type { StoreUnderTest, StoreUnderTestOptions } from "./store/world.ts";

/** What {@link storeContract} is run with. */
export interface StoreContractOptions {
  /** Makes an empty store for one case. */
  create(options: StoreUnderTestOptions): Promise<StoreUnderTest>;
  /** Registers a case with the test runner: `test` of vitest, jest or `node:test`. */
  test(name: string, run: () => Promise<void>): void;
}

/**
 * The promises of a {@link Store}, as cases for any test runner.
 *
 * @category Testing
 */
export function storeContract({ create, test }: StoreContractOptions): void {
  const cases = [
    ...connectionCases,
    ...subscriptionCases,
    ...raceCases,
    ...addressCases,
    ...limitCases,
    ...expiryCases,
    ...audienceCases,
    ...readingCases,
    ...unionCases,
    ...goneCases,
    ...ledgerCases,
    ...historyCases,
  ];
  for (const { name, maxSubscriptionsPerConnection, run } of cases) {
    test(name, async () => {
      const clock = { nowMs: START_MS };
      const under = await create({
        now: () => clock.nowMs,
        ...(maxSubscriptionsPerConnection !== undefined && { maxSubscriptionsPerConnection }),
      });
      try {
        await run(worldOf(under, clock));
      } finally {
        await under.stop?.();
      }
    });
  }
}
