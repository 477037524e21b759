import type { Mutant } from "../mutant.ts";

const SUBSCRIBE_TRANSACTION = "src/store/dynamodb/subscribeTransaction.ts";
const STOP = "src/store/dynamodb/stop.ts";
const CONTRACT = "test/contract/dynamodb.test.ts";

/** Subscribe, stop and disconnect, in any order. */
export const lifecycleMutants: readonly Mutant[] = [
  {
    name: "drop-conn-condition",
    breaks: "A closed connection takes subscriptions, which nobody removes any more.",
    edits: [
      {
        file: SUBSCRIBE_TRANSACTION,
        find: 'const open = "#state = :open";',
        replace: 'const open = "#state = :open OR attribute_exists(pk)";',
      },
    ],
    tests: [CONTRACT],
  },
  {
    name: "drop-tombstone",
    breaks:
      "A stop that overtakes its subscription leaves no trace, and the subscription lives on.",
    edits: [
      {
        file: STOP,
        find: 'const unknown = "attribute_not_exists(requestTimeMs)";',
        replace: 'const unknown = "attribute_exists(pk) AND attribute_not_exists(requestTimeMs)";',
      },
    ],
    tests: [CONTRACT],
  },
  {
    name: "tombstone-without-time",
    breaks: "A tombstone keeps out every later use of its id.",
    edits: [
      {
        file: "src/store/lifecycle.ts",
        find: 'return last.requestTimeMs >= frame.requestTimeMs ? { status: "stale" } : "replace";',
        replace: 'return { status: "stale" };',
      },
    ],
    tests: ["test/unit/store/lifecycle.test.ts", "test/contract/memory.test.ts"],
  },
  {
    name: "stop-without-time",
    breaks: "A late stop ends the subscription that uses its id again.",
    edits: [
      {
        file: STOP,
        find: 'const notLater = "requestTimeMs <= :time";',
        replace: 'const notLater = "requestTimeMs <= :time OR requestTimeMs > :time";',
      },
    ],
    tests: [CONTRACT],
  },
  {
    name: "stop-on-same-millisecond-loses",
    breaks: "A subscription that was stopped in its own millisecond is stored nevertheless.",
    edits: [
      {
        file: "src/store/lifecycle.ts",
        find: "last.requestTimeMs >= frame.requestTimeMs",
        replace: "last.requestTimeMs > frame.requestTimeMs",
      },
    ],
    tests: ["test/unit/store/lifecycle.test.ts", "test/contract/memory.test.ts"],
  },
  {
    name: "no-all-old-routes",
    breaks: "A stop is not told what the row was, and leaves its routes.",
    edits: [{ file: STOP, find: 'ReturnValues: "ALL_OLD",', replace: 'ReturnValues: "NONE",' }],
    tests: [CONTRACT],
  },
  {
    name: "recompute-routes",
    breaks: "Deletions hit what the filters of today would have written, after one was renamed.",
    edits: [
      {
        file: "src/store/dynamodb/items.ts",
        find: "return isRouteOf(owner, { pk, sk }) ? [{ pk, sk }] : [];",
        replace:
          'return isRouteOf(owner, { pk, sk }) ? [{ pk, sk: sk.replace(/^name#[^#]*#/, "name#renamed#") }] : [];',
      },
    ],
    tests: ["test/contract/dynamodbCrashes.test.ts"],
  },
  {
    name: "no-410-post-check",
    breaks: "A subscription whose client has gone before `started` stays stored.",
    edits: [
      {
        file: "src/adapters/api-gateway/replies.ts",
        find: 'if (delivery.status === "gone") {',
        replace: 'if (delivery.status === "gone" && frame === "") {',
      },
    ],
    tests: ["test/unit/adapters/api-gateway/replies.test.ts", "test/e2e/lifecycle/started.test.ts"],
  },
  {
    name: "params-accepted-twice",
    breaks: "A second connectionParams frame replaces who the client said it is.",
    edits: [
      {
        file: "src/store/dynamodb/connections.ts",
        find: 'const first = "attribute_not_exists(connectionParams)";',
        replace: 'const first = "attribute_exists(pk)";',
      },
    ],
    tests: [CONTRACT],
  },
  {
    name: "cap-checked-by-read-then-write",
    breaks: "Subscriptions at once exceed the limit, since it is read before and no condition.",
    edits: [
      {
        file: SUBSCRIBE_TRANSACTION,
        find: "import { TransactWriteCommand, type",
        replace: "import { GetCommand, TransactWriteCommand, type",
      },
      {
        file: SUBSCRIBE_TRANSACTION,
        find: "type Item, routeItem }",
        replace: "type Item, routeItem, toCount }",
      },
      {
        file: SUBSCRIBE_TRANSACTION,
        find: "  let sent = 0;",
        replace: `  let sent = 0;
  const Key = table.keys.connection(connection.connectionId);
  const get = new GetCommand({ TableName: table.tableName, Key, ConsistentRead: true });
  const { Item: read = {} } = await table.client.send(get);
  const isRoomLeft = toCount(read).subscriptions + attempts.length <= table.maxSubscriptions;`,
      },
      {
        file: SUBSCRIBE_TRANSACTION,
        find: "[connectionItem(table, connection, attempts.length), ",
        replace: "[connectionItem(table, connection, isRoomLeft ? attempts.length : 1e9), ",
      },
      {
        file: SUBSCRIBE_TRANSACTION,
        find: 'const roomLeft = "subscriptions <= :most";',
        replace:
          'const roomLeft = subscriptions === 1e9 ? "subscriptions < :most" : "subscriptions <= :most OR subscriptions > :most";',
      },
    ],
    tests: [CONTRACT],
  },
  {
    name: "mark-closed-rewrites-count",
    breaks: "A closed connection's count says nothing, so subscriptions of it are overlooked.",
    edits: [
      {
        file: "src/store/dynamodb/closed.ts",
        find: '"SET #state = :closed, expireAt',
        replace: '"SET #state = :closed, subscriptions = :zero, expireAt',
      },
      {
        file: "src/store/dynamodb/closed.ts",
        find: '":closed": "CLOSED",',
        replace: '":closed": "CLOSED", ":zero": 0,',
      },
    ],
    tests: ["test/contract/dynamodbGoneRaces.test.ts", "test/contract/dynamodbGone.test.ts"],
  },
  {
    name: "failed-start-leaves-rows",
    breaks:
      "A subscription whose onStart failed is told to the client as failed, and stays stored.",
    edits: [
      {
        file: "src/adapters/api-gateway/subscribe.ts",
        find: "    await endSubscription(invocation, call);\n    throw error;",
        replace: "    throw error;",
      },
    ],
    tests: ["test/e2e/lifecycle/onStart.test.ts"],
  },
];
