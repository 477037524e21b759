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
  /** Those of them that a subscriber may be without. */
  readonly optional?: readonly string[];
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

/** Stands for an optional field that a subscription is without. */
const LEFT_OUT = Symbol("left out");

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

  /** Who hears a publish. */
  audience(address: Address): Set<Subscription> {
    return this.#found(address, (field, { optional = [] }) => optional.includes(field));
  }

  /** Who is ended by `complete`: whoever hears other values too goes on. */
  named(address: Address): Set<Subscription> {
    return this.#found(address, () => false);
  }

  #found(
    { path, api, filters }: Address,
    isForAll: (field: string, declaration: Declaration) => boolean,
  ): Set<Subscription> {
    const route = this.#route(path, api);
    if (filters === undefined) return new Set(route.subscriptions);
    const audiences = filters.flatMap(({ name, ctx, input }) => {
      const declaration = this.#declarations.find((one) => one.name === name);
      if (declaration === undefined) throw new Error(`${name} is not declared`);
      const fields = [...declaration.ctx, ...(input === undefined ? [] : declaration.input)];
      let branches = next([route], [name]);
      for (const [index, field] of fields.entries()) {
        const value = index < declaration.ctx.length ? ctx?.[field] : input?.[field];
        branches = next(branches, isForAll(field, declaration) ? [value, LEFT_OUT] : [value]);
      }
      return branches.flatMap(({ subscriptions }) => [...subscriptions]);
    });
    return new Set(audiences);
  }

  /** Everything that a subscription can be found by. A filter with a field that it has no scalar for is nothing. */
  #branchesOf({ path, api, ctx, input }: Subscription): readonly Branch[] {
    const route = this.#route(path, api);
    const filtered = this.#declarations.flatMap((declaration) => {
      const { name, optional = [] } = declaration;
      const valueIn = (field: string, from: Fields): unknown =>
        from[field] === undefined && optional.includes(field) ? LEFT_OUT : from[field];
      const values = [
        ...declaration.ctx.map((field) => valueIn(field, ctx)),
        ...declaration.input.map((field) => valueIn(field, input)),
      ];
      const isFound = values.every((value) => value === LEFT_OUT || isScalar(value));
      return isFound ? branchesAlong(route, [name, ...values]) : [];
    });
    return [route, ...filtered];
  }

  #route(path: string, api: number): Branch {
    const key = JSON.stringify([api, path]);
    return branchAt(this.#branches, key);
  }
}

function next(from: readonly Branch[], values: readonly unknown[]): readonly Branch[] {
  return from.flatMap(({ byNext }) => values.flatMap((value) => byNext.get(value) ?? []));
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
