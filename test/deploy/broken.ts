/** A change to a recipe that must be noticed. */
export interface Mistake {
  readonly name: string;
  readonly from: string | RegExp;
  readonly to: string;
  /** Part of what the rules say to it. */
  readonly violation: string;
}

/**
 * A copy of a recipe with a mistake in it.
 *
 * @throws Error when the recipe has nothing to change, so that the mistake would not be made
 */
export function broken(text: string, { name, from, to }: Mistake): string {
  const copy = text.replace(from, () => to);
  if (copy === text) throw new Error(`nothing to change for "${name}"`);
  return copy;
}
