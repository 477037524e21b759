import type { FilterScalar } from "trpc-aws-subscriptions";
import { seeded } from "../../seeded.ts";
import { hostileValues, neighbour, pick } from "./hostileValues.ts";
import { isSame } from "./oracle.ts";
import { declarations, routes } from "./routes.ts";

const FIELDS = ["tenant", "tenantUser", "a", "ab", "a#"] as const;
type Field = (typeof FIELDS)[number];

/** Where a subscription is, and a publish with its values. */
export interface Relative {
  readonly namespace: string | undefined;
  readonly path: string;
  readonly connectionId: string;
  readonly values: Readonly<Record<Field, FilterScalar>>;
  /** The field that the subscription is without. */
  readonly leftOut: Field | undefined;
  /** Index of the filter that the publish goes by. */
  readonly filter: number;
  /** The publish leaves out its `input`. */
  readonly isCtxOnly: boolean;
}

const paths = [...routes.keys()];

/** Draws addresses that are alike: each a change of another one of its family, or the same again. */
export class Families {
  readonly #random: () => number;
  readonly #values: readonly FilterScalar[];

  constructor(seed: number) {
    this.#random = seeded(seed);
    this.#values = hostileValues(2_000, seed);
  }

  next(size: number): readonly Relative[] {
    const family = [this.#stranger()];
    while (family.length < size) {
      let relative = pick(family, this.#random);
      for (let changes = Math.floor(this.#random() * 3); changes > 0; changes--) {
        relative = this.#changed(relative);
      }
      family.push({ ...relative, ...this.#publish() });
    }
    return family;
  }

  #stranger(): Relative {
    const value = (): FilterScalar => pick(this.#values, this.#random);
    return {
      namespace: this.#random() < 0.5 ? undefined : String(value()),
      path: pick(paths, this.#random),
      connectionId: String(value()),
      values: { tenant: value(), tenantUser: value(), a: value(), ab: value(), "a#": value() },
      leftOut: undefined,
      ...this.#publish(),
    };
  }

  #publish(): Pick<Relative, "filter" | "isCtxOnly"> {
    const filter = Math.floor(this.#random() * declarations.length);
    const hasCtx = declarations[filter]?.ctx.length !== 0;
    return { filter, isCtxOnly: hasCtx && this.#random() < 0.4 };
  }

  #changed(relative: Relative): Relative {
    const { values, namespace } = relative;
    const chance = this.#random();
    if (chance < 0.2 && this.#random() < 0.5) {
      const leftOut = this.#random() < 0.3 ? undefined : pick(FIELDS, this.#random);
      return { ...relative, leftOut };
    }
    if (chance < 0.05) return { ...relative, path: pick(paths, this.#random) };
    if (chance < 0.1) {
      const other = neighbour(namespace ?? "", this.#random);
      return { ...relative, namespace: this.#random() < 0.2 ? undefined : String(other) };
    }
    const index = Math.floor(this.#random() * FIELDS.length);
    const [field, next] = [fieldAt(index), fieldAt(index + 1)];
    const [value, after] = [values[field], values[next]];
    if (chance < 0.2 && typeof value === "string" && typeof after === "string") {
      // The same text, cut elsewhere.
      const [first = "", ...rest] = after;
      return { ...relative, values: { ...values, [field]: value + first, [next]: rest.join("") } };
    }
    const other = chance < 0.3 ? pick(this.#values, this.#random) : neighbour(value, this.#random);
    return { ...relative, values: { ...values, [field]: other } };
  }
}

function fieldAt(index: number): Field {
  return FIELDS[index % FIELDS.length] ?? "a";
}

/** What the subscription of one has. */
export function subscribedValues({ values, leftOut }: Relative): Partial<Relative["values"]> {
  return Object.fromEntries(Object.entries(values).filter(([field]) => field !== leftOut));
}

/** How many things keep the publish of one from the subscription of the other; 0 when it is for it. */
export function differences(publish: Relative, subscriber: Relative): number {
  const declaration = declarations[publish.filter];
  const { ctx, input, optional = [] } = declaration ?? { ctx: [], input: [] };
  const fields = publish.isCtxOnly ? ctx : [...ctx, ...input];
  // Without a row it is not found by its other fields either.
  const hasRow = [...ctx, ...input].every(
    (field) => field !== subscriber.leftOut || optional.includes(field),
  );
  const unlike = fields.filter((field) => {
    if (field === subscriber.leftOut) return false;
    return !isSame(publish.values[field as Field], subscriber.values[field as Field]);
  });
  const isElsewhere = publish.path !== subscriber.path;
  return (
    Number(!hasRow) +
    unlike.length +
    Number(isElsewhere) +
    Number(publish.namespace !== subscriber.namespace)
  );
}
