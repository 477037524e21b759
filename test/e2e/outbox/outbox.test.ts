import { DynamoDBDocumentClient, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { TableError, UnknownRouteError } from "trpc-aws-subscriptions";
import { memory } from "trpc-aws-subscriptions/testing";
import { describe, expect, it } from "vitest";
import { commands, writeUnits } from "../../contract/observe.ts";
import { clientVersions } from "../client.ts";
import { startFeeds, textsOf } from "../history/feed.ts";
import { newestVersion } from "../trpcVersion.ts";
import { inserts, startOutbox } from "./world.ts";

describe.each(clientVersions)("client %s", (version) => {
  it("gets what is written, once the stream brings it, and what it missed of it", async () => {
    const world = await startOutbox();
    const bob = world.enter({ userId: "bob", room: "a" }, version);
    await bob.started;
    const { eventId } = await world.write("a", "one");
    expect(world.posts).toEqual([]);
    expect(await world.handler(inserts(...(await world.events())))).toEqual({
      batchItemFailures: [],
    });
    expect(await bob.received(1)).toEqual([{ id: eventId, data: "one" }]);
    await world.cut(async () => {
      await world.write("a", "two");
      await world.write("b", "for another room");
    });
    expect(textsOf(await bob.received(3))).toEqual(["one", "one", "two"]);
    expect(world.failures).toEqual([]);
  });
});

it("costs one write per KB, and the handler one per page", async () => {
  const world = await startOutbox();
  const bob = world.enter({ userId: "bob", room: "a" }, newestVersion);
  await bob.started;
  const unitsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const from = world.calls.length;
    await work();
    return writeUnits(world.calls.slice(from));
  };
  expect(await unitsOf(() => world.write("a", "one"))).toBe(1);
  expect(await unitsOf(() => world.write("a", "x".repeat(3_000)))).toBe(4);
  const [first, second] = await world.events();
  if (first === undefined || second === undefined) throw new Error("there are no rows");
  // A page and the end.
  expect(await unitsOf(() => world.handler(inserts(first)))).toBe(2);
  const from = world.calls.length;
  await world.handler(inserts(first));
  expect(commands(world.calls.slice(from))).toEqual(["GetItemCommand"]);
  await bob.received(1);
  expect(bob.data).toHaveLength(1);
});

it("posts an event of a union once to each, under its one id", async () => {
  const world = await startOutbox();
  const both = world.enter({ userId: "bob", room: "a" }, newestVersion);
  const one = world.enter({ userId: "ann", room: "b" }, newestVersion);
  await Promise.all([both.started, one.started]);
  const { eventId } = await world.outbox.routes.onMessage.publish({
    data: "hi",
    filter: [
      { name: "byRoom", input: { room: "b" } },
      { name: "byRoom", input: { room: "a" } },
      { name: "byUserAndRoom", ctx: { userId: "bob" } },
    ],
  });
  const rows = await world.events();
  expect(rows.map(({ sk }) => sk)).toEqual([eventId, eventId, eventId]);
  await world.handler(inserts(...rows));
  expect(await both.received(1)).toEqual([{ id: eventId, data: "hi" }]);
  expect(await one.received(1)).toEqual([{ id: eventId, data: "hi" }]);
  expect(world.posts).toHaveLength(2);
});

it("joins a transaction of somebody else's: both or none", async () => {
  const world = await startOutbox();
  const client = DynamoDBDocumentClient.from(world.table.observer);
  const { transactItems } = world.outbox.routes.onMessage;
  const own = (sk: string, mustBeNew: boolean) => ({
    Put: {
      TableName: world.table.tableName,
      Item: { pk: "order", sk },
      ...(mustBeNew && { ConditionExpression: "attribute_not_exists(pk)" }),
    },
  });
  const first = await transactItems({ data: "ordered", key: "order 1" });
  await client.send(new TransactWriteCommand({ TransactItems: [own("1", true), ...first.items] }));
  expect((await world.events()).map(({ sk }) => sk)).toEqual([first.eventId]);
  const second = await transactItems({ data: "ordered" });
  const refused = client.send(
    new TransactWriteCommand({ TransactItems: [own("1", true), ...second.items] }),
  );
  await expect(refused).rejects.toThrow("ConditionalCheckFailed");
  // The key is taken.
  const third = await transactItems({ data: "ordered", key: "order 1" });
  const repeated = client.send(
    new TransactWriteCommand({ TransactItems: [own("2", true), ...third.items] }),
  );
  await expect(repeated).rejects.toThrow("ConditionalCheckFailed");
  expect((await world.events()).map(({ sk }) => sk)).toEqual([first.eventId]);
  expect(await world.outbox.routes.onMessage.publish({ data: "ordered", key: "order 1" })).toEqual({
    eventId: first.eventId,
    repeated: true,
  });
});

it("ends a batch with the first event that fails, and goes on there", async () => {
  let isBroken = false;
  const world = await startOutbox({
    plan: ({ command, input }) =>
      isBroken && command === "QueryCommand" && JSON.stringify(input).includes("room#b")
        ? { refuse: new Error("no answer") }
        : undefined,
  });
  const visits = ["a", "b", "c"].map((room) => world.enter({ userId: "bob", room }, newestVersion));
  await Promise.all(visits.map(({ started }) => started));
  for (const room of ["a", "b", "c"]) await world.write(room, `to ${room}`);
  const batch = inserts(...(await world.events()));
  isBroken = true;
  expect(await world.handler(batch)).toEqual({ batchItemFailures: [{ itemIdentifier: "2" }] });
  expect(world.failures.map(({ message }) => message)).toEqual(["no answer"]);
  expect(world.posts).toHaveLength(1);
  isBroken = false;
  expect(await world.handler(batch)).toEqual({ batchItemFailures: [] });
  const received = await Promise.all(visits.map(({ received }) => received(1)));
  expect(received.map(textsOf)).toEqual([["to a"], ["to b"], ["to c"]]);
  expect(world.posts).toHaveLength(3);
});

it("posts nothing that somebody else wrote, or of a route that is gone, and goes on behind it", async () => {
  const world = await startOutbox();
  const bob = world.enter({ userId: "bob", room: "a" }, newestVersion);
  await bob.started;
  await world.write("a", "one");
  const [row] = await world.events();
  if (row === undefined) throw new Error("there is no row");
  const everybody = '{"path":"onMessage","filters":[null]}';
  const gone = { ...row, pk: "event#onGone#", outbox: '{"path":"onGone","filters":[null]}' };
  const batch = inserts(
    { ...row, outbox: everybody },
    { ...row, outbox: "no JSON" },
    { ...row, outbox: '{"path":5,"filters":[null]}' },
    { ...row, outbox: '{"path":"onMessage","filters":[]}' },
    { ...row, outbox: '{"path":"onMessage","filters":[{}]}' },
    gone,
    // Of another namespace, a row that is no event, and one that another publisher posts itself.
    { ...row, pk: `namespace#other#${row.pk}` },
    { ...row, pk: "order" },
    { pk: row.pk, sk: "0", expireAt: row.expireAt },
    row,
  );
  expect(await world.handler(batch)).toEqual({ batchItemFailures: [] });
  expect(world.failures.slice(0, 5).every((error) => error instanceof TableError)).toBe(true);
  expect(world.failures[5]).toBeInstanceOf(UnknownRouteError);
  expect(world.failures).toHaveLength(6);
  expect(textsOf(await bob.received(1))).toEqual(["one"]);
  expect(world.posts).toHaveLength(1);
});

it("is refused where nothing tells of changes, and for what is no event of a stream", async () => {
  const feeds = await startFeeds({ store: memory() });
  expect(() => feeds.chain.outbox()).toThrow("has no stream");
  const { endpoint } = feeds.gateway;
  expect(() => feeds.chain.streamHandler({ endpoint })).toThrow("has no stream");
  const world = await startOutbox();
  await expect(world.handler({} as never)).rejects.toThrow("it has no Records");
  await expect(world.handler({ Records: [{ eventSource: "aws:sqs" }] })).rejects.toThrow("aws:sqs");
});
