/** Whom the event of a row with `outbox` is for, as text. */
export function encodeOutbox(path: string, filters: readonly (string | undefined)[]): string {
  return JSON.stringify({ path, filters: filters.map((filter) => filter ?? null) });
}

/** What {@link encodeOutbox} was given; `undefined` for text of somebody else. */
export function decodeOutbox(
  text: string,
): { readonly path: string; readonly filters: readonly (string | undefined)[] } | undefined {
  const value = parsed(text);
  if (typeof value !== "object" || value === null) return undefined;
  const path: unknown = Reflect.get(value, "path");
  const filters: unknown = Reflect.get(value, "filters");
  if (typeof path !== "string" || !Array.isArray(filters) || filters.length === 0) return undefined;
  const isKey = (filter: unknown): boolean => filter === null || typeof filter === "string";
  if (!filters.every(isKey)) return undefined;
  return { path, filters: filters.map((filter: string | null) => filter ?? undefined) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
