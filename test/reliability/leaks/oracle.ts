import type { FilterScalar } from "trpc-aws-subscriptions";

/** Fields with their values. */
export type Fields = Readonly<Record<string, unknown>>;

/** One subscription, as its client asked for it. */
export interface Subscription {
  readonly connectionId: string;
  readonly id: string | number;
  readonly path: string;
  /** Index of its API. */
  readonly api: number;
  readonly ctx: Fields;
  readonly input: Fields;
}

/** A filter as a publish gives it. */
export interface Filter {
  readonly name: string;
  readonly ctx?: Readonly<Record<string, FilterScalar>>;
  readonly input?: Readonly<Record<string, FilterScalar>>;
}

/** Whom a call is for. */
export interface Address {
  readonly path: string;
  readonly api: number;
  /** A union; absent for everybody on the route. */
  readonly filters?: readonly Filter[];
}

/** Names of a filter's fields. */
export interface Declaration {
  readonly name: string;
  readonly ctx: readonly string[];
  readonly input: readonly string[];
}

/** Equal by value and by type; -0 is 0. */
export function isSame(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || (a === 0 && b === 0);
}

/** Whether publishes can name a value. */
function isScalar(value: unknown): boolean {
  switch (typeof value) {
    case "string":
      return Buffer.from(value).toString() === value;
    case "number":
      return Number.isFinite(value);
    case "boolean":
    case "bigint":
      return true;
    default:
      return value === null;
  }
}

/** The subscriptions with some values, and those of them with one more. */
interface Branch {
  readonly subscriptions: Set<Subscription>;
  readonly byNext: Map<unknown, Branch>;
}

/**
 * Who hears what, told from the README's words alone: it knows no keys and shares no code with `src`. A `Map` finds a
 * value exactly when value and type are equal, with -0 as 0, which is what filters promise.
 */
export class Oracle {
  readonly #declarations: readonly Declaration[];
  readonly #branches = new Map<unknown, Branch>();

  constructor(declarations: readonly Declaration[]) {
    this.#declarations = declarations;
  }

  add(subscription: Subscription): void {
    for (const branch of this.#branchesOf(subscription)) branch.subscriptions.add(subscription);
  }

  remove(subscription: Subscription): void {
    for (const branch of this.#branchesOf(subscription)) branch.subscriptions.delete(subscription);
  }

  audience({ path, api, filters }: Address): Set<Subscription> {
    const route = this.#route(path, api);
    if (filters === undefined) return new Set(route.subscriptions);
    const audiences = filters.map(({ name, ctx, input }) => {
      const declaration = this.#declarations.find((one) => one.name === name);
      if (declaration === undefined) throw new Error(`${name} is not declared`);
      const values = [
        ...declaration.ctx.map((field) => ctx?.[field]),
        ...(input === undefined ? [] : declaration.input.map((field) => input[field])),
      ];
      let branch: Branch | undefined = route;
      for (const value of [name, ...values]) branch = branch?.byNext.get(value);
      return [...(branch?.subscriptions ?? [])];
    });
    return new Set(audiences.flat());
  }

  /** Everything that a subscription can be found by. A filter with a field that it has no scalar for is nothing. */
  #branchesOf({ path, api, ctx, input }: Subscription): readonly Branch[] {
    const route = this.#route(path, api);
    const filtered = this.#declarations.flatMap((declaration) => {
      const values = [
        ...declaration.ctx.map((field) => ctx[field]),
        ...declaration.input.map((field) => input[field]),
      ];
      return values.every(isScalar) ? branchesAlong(route, [declaration.name, ...values]) : [];
    });
    return [route, ...filtered];
  }

  #route(path: string, api: number): Branch {
    const key = JSON.stringify([api, path]);
    return branchAt(this.#branches, key);
  }
}

function branchesAlong(from: Branch, values: readonly unknown[]): readonly Branch[] {
  let branch = from;
  return values.map((value) => {
    branch = branchAt(branch.byNext, value);
    return branch;
  });
}

function branchAt(branches: Map<unknown, Branch>, value: unknown): Branch {
  const known = branches.get(value);
  if (known !== undefined) return known;
  const fresh = { subscriptions: new Set<Subscription>(), byNext: new Map<unknown, Branch>() };
  branches.set(value, fresh);
  return fresh;
}
