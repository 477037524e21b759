import type { LeakWorld } from "./leakWorld.ts";
import type { Address, Subscription } from "./oracle.ts";
import type { Population } from "./population.ts";

/** How much is published. */
export interface Traffic {
  readonly publishes: number;
  /** Between two of them some subscriptions are ended and others begun. */
  readonly rounds: number;
  /** Share of the publishes that are for a whole route. */
  readonly wide: number;
}

/** Calls under way at the same time. */
const SIDE_BY_SIDE = 25;
/** Of so many publishes one is counted too. */
const COUNTED = 20;
/** So many audiences are completed in a round, and so many are disconnected. */
const ENDED = 3;
/** Those with more are for a publish. */
const MOST_ENDED = 40;

/** Connects and subscribes everybody. */
export async function populate(world: LeakWorld, population: Population): Promise<void> {
  for (const connection of population.connections()) {
    await world.open(connection);
    await world.subscribe(population.subscriptions(connection));
  }
}

/** Publishes until there is a fault, and in between ends the subscriptions of some audiences. */
export async function publishAll(
  world: LeakWorld,
  population: Population,
  { publishes, rounds, wide }: Traffic,
): Promise<void> {
  const { faults } = world.exactness;
  for (let round = 0, done = 0; round < rounds && faults.length === 0; round++) {
    const among = [...world.subscriptions];
    const until = Math.round((publishes * (round + 1)) / rounds);
    while (done < until && faults.length === 0) {
      const count = Math.min(SIDE_BY_SIDE, until - done);
      const addresses = Array.from({ length: count }, () => population.address(among, wide));
      await Promise.all(addresses.map((address) => world.publish(address)));
      const counted = addresses.filter((_, index) => (done + index) % COUNTED === 0);
      await Promise.all(counted.map((address) => world.count(address)));
      done += count;
    }
    if (faults.length === 0) await endSome(world, population, among);
  }
}

async function endSome(
  world: LeakWorld,
  population: Population,
  among: readonly Subscription[],
): Promise<void> {
  for (let index = 0; index < ENDED; index++) {
    const ended = await world.complete(small(world, population, among));
    // The same ids on the same connections, for something else.
    for (const subscription of ended) {
      await world.subscribe([population.subscription(subscription, subscription.id)]);
    }
  }
  for (let index = 0; index < ENDED; index++) {
    const closed = await world.disconnect(small(world, population, among));
    for (const { ctx } of closed) {
      const connection = population.connection(ctx["tenant"]);
      await world.open(connection);
      await world.subscribe(population.subscriptions(connection));
    }
  }
}

function small(world: LeakWorld, population: Population, among: readonly Subscription[]): Address {
  for (;;) {
    const address = population.address(among, 0);
    const { size } = world.oracle.audience(address);
    if (size > 0 && size <= MOST_ENDED) return address;
  }
}
