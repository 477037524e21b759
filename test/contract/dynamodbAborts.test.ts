import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { DynamoDBClient, TransactionInProgressException } from "@aws-sdk/client-dynamodb";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { dynamodb } from "../../src/store/dynamodb/dynamodb.ts";
import type { Route, RouteQuery, Store } from "../../src/store/types.ts";
import { frame, PATH } from "../../src/testing/store/world.ts";
import { dynamoWorld } from "./dynamoWorld.ts";
import { countInFlight, type InFlight } from "./inFlight.ts";
import type { Plan } from "./observe.ts";
import { putRoutes } from "./routeRows.ts";

const reason = new Error("the deadline");

/** A DynamoDB of which each shard answers as it is told, or never. */
interface SlowDynamoDB {
  readonly store: Store;
  /** Shards that were asked. */
  readonly asked: Set<string>;
  /** Shards whose answer the client has given up waiting for. */
  readonly givenUp: Set<string>;
  readonly flight: InFlight;
}

async function slowDynamoDB(
  answer: (shard: string, response: ServerResponse) => void,
): Promise<SlowDynamoDB> {
  const asked = new Set<string>();
  const givenUp = new Set<string>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, shard = "0"] = /"path#p(?:#(\d+))?"/.exec(await text(request)) ?? [];
    response.on("close", () => {
      if (!response.writableFinished) givenUp.add(shard);
    });
    asked.add(shard);
    answer(shard, response);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => response.destroy(error));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const dynamoDBClient = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${address.port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  onTestFinished(async () => {
    dynamoDBClient.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const flight = countInFlight(dynamoDBClient);
  return { store: dynamodb({ tableName: "table", dynamoDBClient }), asked, givenUp, flight };
}

function findPages(
  store: Store,
  query: Partial<RouteQuery> = {},
): AsyncIterator<readonly Route[], void> {
  return store.findRoutes({ path: "p", shards: 1, ...query })[Symbol.asyncIterator]();
}

const oneRow = JSON.stringify({
  Items: [{ pk: { S: "path#p" }, sk: { S: "connection#c#subscription#1#1@abcdef" } }],
});

describe("nothing is under way any more", () => {
  test.each([1, 3])("when the signal has ended a search of %i shards", async (shards) => {
    const { store, asked, givenUp, flight } = await slowDynamoDB(() => undefined);
    const over = new AbortController();
    const pages = findPages(store, { shards, signal: over.signal });
    const failure = expect(pages.next()).rejects.toBe(reason);
    await expect.poll(() => asked.size).toBe(shards);
    over.abort(reason);
    await failure;
    expect(flight.now).toBe(0);
    await expect.poll(() => givenUp.size).toBe(shards);
  });

  test("when the reader has left", async () => {
    const { store, asked, givenUp, flight } = await slowDynamoDB((shard, response) => {
      if (shard === "0") response.end(oneRow);
    });
    const pages = findPages(store, { shards: 3 });
    expect((await pages.next()).value).toHaveLength(1);
    await expect.poll(() => asked.size).toBe(3);
    await pages.return?.();
    expect(flight.now).toBe(0);
    await expect.poll(() => [...givenUp].toSorted()).toEqual(["1", "2"]);
  });

  test("when a shard has failed", async () => {
    const { store, asked, givenUp, flight } = await slowDynamoDB((shard, response) => {
      const isWrong = shard === "2" && asked.size === 3;
      if (isWrong) response.writeHead(400).end('{"__type":"ValidationException"}');
    });
    const failure = findPages(store, { shards: 3 }).next();
    await expect(failure).rejects.toMatchObject({ name: "ValidationException" });
    expect(flight.now).toBe(0);
    await expect.poll(() => [...givenUp].toSorted()).toEqual(["0", "1"]);
  });
});

describe("a signal ends the waiting between tries", () => {
  const busy = new TransactionInProgressException({ $metadata: {}, message: "busy" });

  const countTries = async (
    command: string,
    fault: Plan,
    query: Partial<RouteQuery> = {},
  ): Promise<number> => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const over = new AbortController();
    let tries = 0;
    const plan: Plan = (call, index) => {
      if (call.command !== command) return undefined;
      tries += 1;
      if (tries === 3) over.abort(reason);
      return fault(call, index);
    };
    const { store, bystander } = await dynamoWorld({ plan });
    await bystander.subscribe(await bystander.connect("c"), frame());
    const pages = findPages(store, { path: PATH, signal: over.signal, ...query });
    await expect(pages.next()).rejects.toBe(reason);
    return tries;
  };

  test("of a query", async () => {
    expect(await countTries("QueryCommand", () => ({ refuse: busy }))).toBe(3);
  });

  test("of a batch that is left unprocessed", async () => {
    const holdBack: Plan = ({ input }) => ({ answer: { UnprocessedKeys: input["RequestItems"] } });
    expect(await countTries("BatchGetItemCommand", holdBack, { except: ["name#f#"] })).toBe(3);
  });
});

test("an error that is no abort is not taken for one", async () => {
  const over = new AbortController();
  const refuse = new Error("connection reset");
  const plan: Plan = () => {
    over.abort(reason);
    return { refuse };
  };
  const { store } = await dynamoWorld({ plan });
  await expect(findPages(store, { signal: over.signal }).next()).rejects.toBe(refuse);
});

test("a page that waits is not handed out once the signal has fired", async () => {
  const { store, table } = await dynamoWorld();
  const flight = countInFlight(table.dynamoDBClient);
  const rows = [0, 1].map((shard) => ({ shard, connectionId: "c" }));
  await putRoutes(table, rows);
  const over = new AbortController();
  const pages = findPages(store, { path: PATH, shards: 2, signal: over.signal });
  expect((await pages.next()).value).toHaveLength(1);
  await expect.poll(() => flight.now).toBe(0);
  over.abort(reason);
  await expect(pages.next()).rejects.toBe(reason);
});

test("a signal that has fired before the search costs no call", async () => {
  const { store, calls } = await dynamoWorld();
  const signal = AbortSignal.abort(reason);
  for (const shards of [1, 2]) {
    await expect(findPages(store, { shards, signal }).next()).rejects.toBe(reason);
  }
  expect(calls.length).toBe(0);
});
