import { unescapeText } from "../protocol/keyText.ts";

/** The beginning that the keys of one filter share, whatever its values. */
export function filterNameKey(filterKey: string): string {
  return filterKey.slice(0, filterKey.indexOf("#", "name#".length) + 1);
}

/** Name of the filter that a text of `filterKey` is of. */
export function filterNameOf(filterKey: string): string {
  return unescapeText(filterNameKey(filterKey).slice("name#".length, -1));
}
