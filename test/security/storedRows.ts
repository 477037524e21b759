import type { Row } from "../testTable.ts";

/** Of a fan-out of the outbox. */
const OF_OUTBOX = /^fanOut#.{20}\.outbox$/;

/** What a row is, as SECURITY.md calls it. */
export function rowKind({ pk, sk }: Row): string {
  if (pk.startsWith("path#")) return "route";
  if (pk === "secret#cursor") return "key of cursors";
  if (OF_OUTBOX.test(pk)) return "checkpoint";
  if (pk.startsWith("fanOut#")) return sk === "text" ? "event of a fan-out" : "part of a fan-out";
  if (pk.startsWith("event#")) return "event";
  if (pk.startsWith("published#")) return "publish key";
  if (pk.startsWith("quiet#")) return "quiet note";
  if (pk.startsWith("connection#")) return pk === sk ? "connection" : "subscription";
  throw new Error(`SECURITY.md knows no row ${pk} ${sk}`);
}

/** Where in the rows a text is, as `<row>.<attribute>`, each place once. */
export function storedIn(rows: readonly Row[], text: string): readonly string[] {
  const places = rows.flatMap((row) =>
    Object.entries(row)
      .filter(([, value]) => JSON.stringify(value).includes(text))
      .map(([name]) => `${rowKind(row)}.${name}`),
  );
  return [...new Set(places)].toSorted();
}
