import { DynamoDBDocumentClient, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { expect, vi } from "vitest";
import { inserts } from "../e2e/outbox/world.ts";
import { addRows } from "../e2e/publish/world.ts";
import { started, valuesOf } from "../e2e/wire/rawSocket.ts";
import type { Row } from "../testTable.ts";
import { chat } from "./chat.ts";
import type { Cloud } from "./cloud.ts";
import { isForbidden } from "./historyStory.ts";

const inYard = { name: "byRoom", input: { room: "yard" } } as const;
const byUser = { name: "byUser", ctx: { userId: "gina" } } as const;
/** Old enough that an event is moved to a new cursor before it is posted. */
const LATE_MS = 60_000;

/** Writes to the outbox in every way, in a role. Returns the rows, one for each event, in the order of the stream. */
export async function writeStory(cloud: Cloud, heading: string): Promise<readonly Row[]> {
  const { onFeed } = chat(cloud.storeOf(heading)).outbox().routes;
  await onFeed.publish({ data: "1", filter: inYard });
  await onFeed.publish({ data: "2", filter: [byUser, inYard] });
  const named = { data: "3", filter: inYard, key: "order 3" };
  const { eventId } = await onFeed.publish(named);
  expect(await onFeed.publish(named)).toEqual({ eventId, repeated: true });
  const { items } = await onFeed.transactItems({ data: "4", filter: inYard, key: "order 4" });
  const client = DynamoDBDocumentClient.from(cloud.clientOf(heading));
  await client.send(new TransactWriteCommand({ TransactItems: items }));
  const rows = (await cloud.table.rows()).filter((row) => row["outbox"] !== undefined);
  return rows.toSorted((a, b) => (a.sk < b.sk ? -1 : 1));
}

/** Posts what the stream brings, in a role: in time, again, late, to who is gone and to who cannot be posted to. */
export async function streamStory(
  cloud: Cloud,
  { heading, rows }: { readonly heading: string; readonly rows: readonly Row[] },
): Promise<void> {
  const reports: string[] = [];
  const handler = chat(cloud.storeOf(heading)).streamHandler({
    endpoint: cloud.gateway.endpoint,
    client: cloud.managementOf(heading),
    onError: ({ error }) => void cloud.errors.push(error),
    onReport: ({ matched, delivered, gone, failed }) =>
      void reports.push(`${delivered} of ${matched}, ${gone} gone, ${failed} failed`),
  });
  const gina = await cloud.open("gina");
  gina.subscribe(1, "onFeed", { room: "yard" });
  await gina.next(started(1));
  const lost = "lostInYard=";
  cloud.faults.set(lost, { statusCode: 410 });
  const filters = ["name#byRoom#input#room#yard#"];
  await addRows(cloud.store, { connectionId: lost, path: "onFeed", ids: [1], filters });
  const [inTime, late] = [inserts(...rows.slice(0, 2)), inserts(...rows.slice(2))];
  const done = { batchItemFailures: [] };
  expect(await handler(inTime)).toEqual(done);
  // Of what was posted already nothing is left to do.
  expect(await handler(inTime)).toEqual(done);
  await gina.sync();
  expect(valuesOf(gina, 1).map((event) => Reflect.get(Object(event), "data"))).toEqual(["1", "2"]);

  cloud.faults.set(cloud.connectionOf("gina"), { statusCode: 403 });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + LATE_MS });
  try {
    expect(await handler(late)).toEqual(done);
  } finally {
    vi.useRealTimers();
  }
  await gina.closed;
  expect(reports).toEqual([
    "1 of 2, 1 gone, 0 failed",
    "1 of 1, 0 gone, 0 failed",
    "0 of 1, 0 gone, 1 failed",
    "0 of 0, 0 gone, 0 failed",
  ]);
  const left = (await cloud.table.rows()).filter(({ pk }) => pk.startsWith("event#"));
  const wereLate = rows.slice(2).map(({ sk }) => sk);
  expect(left.filter(({ sk }) => wereLate.includes(sk))).toEqual([]);
  expect(cloud.errors.splice(0).filter((error) => !isForbidden(error))).toEqual([]);
}
