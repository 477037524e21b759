import type { FilterScalar } from "trpc-aws-subscriptions";
import { seeded } from "../../seeded.ts";
import { hostileValues, neighbour, pick } from "./hostileValues.ts";
import type { Address, Declaration, Fields, Filter, Subscription } from "./oracle.ts";
import { declarations, routes } from "./routes.ts";

/** How many there are of what. */
export interface PopulationSize {
  readonly tenants: number;
  readonly connectionsPerTenant: number;
  readonly subscriptionsPerConnection: number;
  readonly apis: number;
}

/** A connection with whose it is. */
export interface Connection {
  readonly connectionId: string;
  readonly api: number;
  readonly ctx: Fields;
}

const IDS: readonly (string | number)[] = [
  ...[1, "1", 10, "10", 0, "0", -1, "%n1", "%25n1", "#", "%23", "null", "\0", "\u00e9"],
  ...["e\u0301", "1#1@abcdef", "x".repeat(64), `${"x".repeat(63)}y`, "subscription#1", "__proto__"],
  ...[Number.MAX_SAFE_INTEGER, "connection#c#subscription#%n1#1", "#".repeat(21), "\u{1f600}"],
];

const paths = [...routes.keys()];
/** Values that are no scalars: no filter with such a field finds the subscription. */
const UNFINDABLE: readonly unknown[] = [
  undefined,
  Number.NaN,
  "\ud83d",
  { a: 1 },
  { every: true },
  [1],
  new Date(0),
];

/** Draws connections, subscriptions and addresses; the same ones for the same seed. */
export class Population {
  random: () => number;
  readonly #size: PopulationSize;
  readonly #tenants: readonly FilterScalar[];
  readonly #users: readonly FilterScalar[];
  readonly #inputs: Readonly<Record<"a" | "ab" | "a#", readonly FilterScalar[]>>;
  readonly #values: readonly FilterScalar[];
  #connections = 0;

  constructor(size: PopulationSize, seed: number) {
    this.random = seeded(seed);
    this.#size = size;
    this.#values = hostileValues(3 * size.tenants, seed);
    const some = (count: number): readonly FilterScalar[] => this.#some(count);
    this.#tenants = some(size.tenants);
    this.#users = some(20);
    this.#inputs = { a: some(Math.ceil(1.2 * size.tenants)), ab: some(16), "a#": some(10) };
  }

  /** Goes on with other choices than everybody of the same seed. */
  reseed(seed: number): void {
    this.random = seeded(seed);
  }

  /** Connections of all tenants, none with a subscription yet. */
  connections(): readonly Connection[] {
    return this.#tenants.flatMap((tenant) =>
      Array.from({ length: this.#size.connectionsPerTenant }, () => this.connection(tenant)),
    );
  }

  connection(tenant: unknown): Connection {
    const number = this.#connections++;
    const tenantUser = pick(this.#users, this.random);
    const api = Math.floor(this.random() * this.#size.apis);
    const ctx = this.random() < 0.9 ? { tenant, tenantUser } : { tenant };
    return { connectionId: connectionId(number), api, ctx };
  }

  subscriptions(connection: Connection): readonly Subscription[] {
    const ids = shuffled(IDS, this.random).slice(0, this.#size.subscriptionsPerConnection);
    return ids.map((id) => this.subscription(connection, id));
  }

  subscription(connection: Connection, id: string | number): Subscription {
    const { a, ab, "a#": last } = this.#inputs;
    const mostly = (values: readonly FilterScalar[], share: number): unknown =>
      this.random() < share ? pick(values, this.random) : pick(UNFINDABLE, this.random);
    const input = {
      a: mostly(a, 0.95),
      // Every third one is without what is optional in some filters.
      ...(this.random() < 0.7 && { ab: mostly(ab, 0.95) }),
      ...(this.random() < 0.7 && { "a#": mostly(last, 0.9) }),
    };
    return { ...connection, id, path: pick(paths, this.random), input };
  }

  /** An address that may well be one of these subscriptions', or nearly. */
  address(among: readonly Subscription[], wide: number): Address {
    const like = pick(among, this.random);
    const { path, api } = like;
    if (this.random() < wide) {
      return this.random() < 0.5 ? { path, api } : { path, api, filters: [{ name: "%z" }] };
    }
    const count = this.random() < 0.2 ? 2 + Math.floor(this.random() * 3) : 1;
    const filters = Array.from({ length: count }, () => {
      return this.#filter(this.random() < 0.6 ? like : pick(among, this.random));
    });
    return { path, api, filters };
  }

  /** Values of which each second one is like another of them. */
  #some(count: number): readonly FilterScalar[] {
    const some = new Set<FilterScalar>();
    while (some.size < count) {
      const value = pick(this.#values, this.random);
      some.add(value);
      if (some.size < count) some.add(neighbour(value, this.random));
    }
    return [...some];
  }

  #filter({ ctx, input }: Subscription): Filter {
    const { name, ...fields } = pick(narrow, this.random);
    const isCtxOnly = fields.ctx.length > 0 && (fields.input.length === 0 || this.random() < 0.3);
    return {
      name,
      ...(fields.ctx.length > 0 && { ctx: this.#fieldValues(fields.ctx, ctx) }),
      ...(!isCtxOnly && { input: this.#fieldValues(fields.input, input) }),
    };
  }

  #fieldValues(names: Declaration["ctx"], from: Fields): Readonly<Record<string, FilterScalar>> {
    return Object.fromEntries(names.map((name) => [name, this.#value(from[name])]));
  }

  #value(value: unknown): FilterScalar {
    const chance = this.random();
    if (chance < 0.04 || !isFindable(value)) return pick(this.#values, this.random);
    return chance < 0.12 ? neighbour(value, this.random) : value;
  }
}

/** Filters that do not find the whole route. */
const narrow = declarations.filter(({ ctx, input }) => ctx.length + input.length > 0);

function isFindable(value: unknown): value is FilterScalar {
  return !UNFINDABLE.some((other) => Object.is(value, other));
}

/** All that API Gateway could send, and one the beginning of the other. */
function connectionId(index: number): string {
  const number = String(Math.floor(index / 6));
  const long = `_${number.padStart(63, "x")}`;
  const forms = [`c${number}`, `C${number}`, `c${number}=`, number, `-${number}`, long];
  return forms[index % 6] ?? "";
}

function shuffled<T>(values: readonly T[], random: () => number): readonly T[] {
  return values
    .map((value) => ({ value, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
