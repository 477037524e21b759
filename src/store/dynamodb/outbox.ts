import { TableError } from "../../errors.ts";
import type { OutboxEvent, OutboxStore } from "../outbox.ts";
import type { TableAccess } from "./access.ts";
import { keepItems } from "./history.ts";
import { type Item, numberOf, textOf } from "./items.ts";
import { decodeOutbox } from "./outboxText.ts";
import type { DynamoDBStreamEvent } from "./stream/event.ts";
import { receive } from "./stream/receive.ts";

/** The events that a table's stream brings. */
export function outbox(table: TableAccess): OutboxStore {
  return {
    itemsOf: (event) => keepItems(table, event),
    receive: (changes, work, onForeign) =>
      // What is none is refused there.
      receive(changes as DynamoDBStreamEvent, async ({ newImage }) => {
        const event = eventIn(table, newImage);
        if (event instanceof TableError) onForeign(event);
        else if (event !== undefined) await work(event);
      }),
  };
}

/** The event of a row; `undefined` for every other row, those of other namespaces included. */
function eventIn(
  { tableName, keys }: TableAccess,
  item: Item,
): OutboxEvent | TableError | undefined {
  const to = textOf(item, "outbox");
  const pk = textOf(item, "pk") ?? "";
  if (to === undefined || !pk.startsWith(keys.events("", undefined).slice(0, -1))) return undefined;
  const cursor = textOf(item, "sk") ?? "";
  const text = textOf(item, "text");
  const audience = decodeOutbox(to);
  // Whoever can write a row can write any; but a mistake is not to reach people.
  const isOurs = audience !== undefined && pk === keys.events(audience.path, audience.filters[0]);
  if (!isOurs || text === undefined) {
    return new TableError(
      tableName,
      `the stream of table "${tableName}" brought an event that somebody else wrote, in partition "${pk}". It was posted to nobody.`,
    );
  }
  return { ...audience, cursor, text, expireAt: numberOf(item, "expireAt") };
}
