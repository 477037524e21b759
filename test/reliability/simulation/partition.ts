import type { Attributes } from "./expression.ts";

/** The items of one partition key, in the order of their sort keys' bytes. */
export class Partition {
  readonly #items = new Map<string, Attributes>();
  /** Sorted when somebody asks; writes only spoil it. */
  #order: string[] = [];
  #isSorted = true;

  get(sk: string): Attributes | undefined {
    return this.#items.get(sk);
  }

  put(sk: string, item: Attributes): void {
    if (!this.#items.has(sk)) {
      this.#order.push(sk);
      this.#isSorted = this.#order.length === 1;
    }
    this.#items.set(sk, item);
  }

  delete(sk: string): void {
    // Its place in the order stays until the next sorting.
    if (this.#items.delete(sk)) this.#isSorted = false;
  }

  items(): Iterable<Attributes> {
    return this.#items.values();
  }

  /** The first items whose sort key has the prefix, is not before `from`, and comes after another one. */
  page({
    prefix = "",
    from = prefix,
    after,
    most,
  }: {
    readonly prefix?: string;
    readonly from?: string;
    readonly after: string | undefined;
    readonly most: number;
  }): readonly Attributes[] {
    const order = this.#sorted();
    const page: Attributes[] = [];
    let index = firstAtLeast(order, from);
    if (after !== undefined) {
      const behind = firstAtLeast(order, after);
      index = Math.max(index, order[behind] === after ? behind + 1 : behind);
    }
    for (; index < order.length && page.length < most; index++) {
      const sk = order[index] ?? "";
      if (!sk.startsWith(prefix)) break;
      page.push(this.#items.get(sk) ?? {});
    }
    return page;
  }

  #sorted(): readonly string[] {
    if (!this.#isSorted) {
      this.#order = [...this.#items.keys()].sort(compareBytes);
      this.#isSorted = true;
    }
    return this.#order;
  }
}

function firstAtLeast(order: readonly string[], text: string): number {
  let from = 0;
  let to = order.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareBytes(order[middle] ?? "", text) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Compares as UTF-8, which differs from comparing UTF-16 only where surrogates meet what is above them. */
function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
