import { randomUUID } from "node:crypto";
import { UpdateTimeToLiveCommand } from "@aws-sdk/client-dynamodb";
import { dynamodb, type Store } from "trpc-aws-subscriptions";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { canonicalFields, filterKey } from "../../src/store/filterKeys.ts";
import { idAt } from "../e2e/history/feed.ts";
import { createTestTable, type TestTable } from "../testTable.ts";
import { type CliResult, runCli } from "./cliProcess.ts";
import { callCli } from "./inProcess.ts";

const API = { apiId: "a1", stage: "prod" };
const NOW = Date.now();

let table: TestTable;
let bare: TestTable;

beforeAll(async () => {
  [table, bare] = await Promise.all([createTestTable(), createTestTable()]);
  const { tableName, dynamoDBClient } = table;
  const store = dynamodb({ tableName, dynamoDBClient });
  await listen(store, "alice=", { room: "red" });
  await listen(store, "bob=", { room: 1 });
  await listen(store, "carol=", { room: "\u001b[2J\u202e" });
  await store.stop({ connectionId: "carol=", id: 1, requestTimeMs: NOW });
  await keepEvents(store);
  await dynamoDBClient.send(
    new UpdateTimeToLiveCommand({
      TableName: tableName,
      TimeToLiveSpecification: { AttributeName: "expireAt", Enabled: true },
    }),
  );
});

afterAll(() => Promise.all([table.stop(), bare.stop()]));

async function listen(
  store: Store,
  connectionId: string,
  input: Readonly<Record<string, string | number>>,
): Promise<void> {
  const connectedAt = NOW - 60_000;
  const expireAt = Math.floor(NOW / 1000) + 600;
  const session = JSON.stringify({ userId: connectionId });
  const connection = {
    connectionId,
    api: API,
    connectedAt,
    expireAt,
    session,
    paramsExpected: false,
  };
  await store.connect(connection);
  const fields = canonicalFields(Object.keys(input)).map(
    (field) => [field, input[field] ?? null] as const,
  );
  const filter = filterKey({ name: "byRoom", ctx: [], input: fields });
  const routes = [{ path: "onMessage" }, { path: "onMessage", filter }];
  const wanted = { id: 1, jsonrpc: false, requestTimeMs: NOW - 30_000, messageId: "m", shards: 1 };
  await store.subscribe(connection, [{ ...wanted, path: "onMessage", routes }]);
}

/** Events, a publish key and a quiet note; what has expired is not counted. */
async function keepEvents(store: Store): Promise<void> {
  const expireAt = NOW / 1000 + 600;
  const cursor = (agoMs: number) => idAt(NOW - agoMs);
  const path = "feed\u001b[2J";
  const filter = filterKey({ name: "byRoom", ctx: [], input: [["room", "red"]] });
  const kept = { path, filters: [undefined, filter], text: "{}", expireAt };
  const once = { key: "k", fingerprint: "f" };
  await store.history.keep({ ...kept, cursor: cursor(190_000), once });
  await store.history.keep({ ...kept, cursor: cursor(65_000) });
  await store.history.keep({ ...kept, cursor: cursor(900_000), expireAt: NOW / 1000 - 1 });
  await store.history.noteQuiet({ ...kept, cursor: cursor(900_000) }, NOW, expireAt);
  await store.history.noteQuiet({ ...kept, path: "quiet", cursor: cursor(0) }, NOW, expireAt);
}

function inspect(...args: readonly string[]): Promise<CliResult> {
  return callCli(["inspect", "--endpoint", inject("dynamoDBEndpoint"), ...args]);
}

const FILTER = ["--path", "onMessage", "--filter", '{"name":"byRoom","input":{"room":"red"}}'];

interface Listed {
  readonly subscriptions: readonly { readonly state: string }[];
  readonly histories: unknown;
  readonly timeToLive: unknown;
}

/** What {@link keepEvents} keeps. */
const HISTORIES = [
  {
    path: "feed\u001b[2J",
    events: 2,
    oldestAt: NOW - 190_000,
    newestAt: NOW - 65_000,
    publishKeys: 1,
    quietNotes: 1,
  },
  { path: "quiet", events: 0, publishKeys: 0, quietNotes: 1 },
];

describe.concurrent("inspect", () => {
  it("lists who listens to what", async () => {
    const { exitCode, stdout, stderr } = await inspect("--table", table.tableName);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const since = new Date(NOW - 60_000).toISOString();
    expect(stdout.split("\n")).toEqual([
      `alice=  open  since ${since}  API a1/prod  session {"userId":"alice="}`,
      '  alice=/1  onMessage  everybody  byRoom(input.room="red")',
      `bob=  open  since ${since}  API a1/prod  session {"userId":"bob="}`,
      "  bob=/1  onMessage  everybody  byRoom(input.room=1)",
      `carol=  open  since ${since}  API a1/prod  session {"userId":"carol="}`,
      "history of feed\\u001b[2J  2 events, 3 min to 1 min old  1 publish key  1 quiet note",
      "history of quiet  0 events  1 quiet note",
      "3 connections, 2 subscriptions, 19 rows read",
      "",
    ]);
  });

  it("lists as JSON, on one line, what is over as well", async () => {
    const { stdout } = await inspect("--table", table.tableName, "--all", "--json");
    expect(stdout.trimEnd()).not.toContain("\n");
    const listed: Listed = JSON.parse(stdout);
    expect(listed.histories).toEqual(HISTORIES);
    expect(listed.timeToLive).toEqual({ status: "on" });
    expect(listed.subscriptions.map(({ state }) => state)).toEqual(["active", "active", "stopped"]);
  });

  it("shows the table without TTL, and says so", async () => {
    const { exitCode, stdout, stderr } = await inspect("--table", bare.tableName);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 1,
      stdout: "0 connections, 0 subscriptions, 0 rows read\n",
    });
    expect(stderr).toBe(
      `error: table "${bare.tableName}" has no TTL: expired rows are never deleted, and paid for. Switch TTL on for attribute "expireAt".`,
    );
  });
});

describe.concurrent("inspect --path", () => {
  it("tells why a publish reaches one and not the others", async () => {
    const { exitCode, stdout, stderr } = await inspect("--table", table.tableName, ...FILTER);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const [alice, bob, carol, summary] = stdout.split("\n");
    expect(alice).toMatch(
      /^matches {2}alice=\/1 {2}by row name#byRoom#input#room#red#connection#alice=/,
    );
    expect(bob).toBe('no       bob=/1  input.room is 1, not "red"');
    expect(carol).toMatch(/^no {7}carol=\/1 {2}stopped \d+ (s|min) ago$/);
    expect(summary).toBe("1 of 3 subscriptions match");
  });

  it("tells of one subscription in a few reads, and of types that differ", async () => {
    const filter = '{"name":"byRoom","input":{"room":"1"}}';
    const one = ["--subscription", "bob=/1", "--path", "onMessage", "--filter", filter];
    const { stdout } = await inspect("--table", table.tableName, ...one);
    expect(stdout).toBe(
      'no       bob=/1  input.room is the number 1 there, and the text "1" in the publish\n0 of 1 subscription match\n',
    );
  });

  it("explains as JSON", async () => {
    const api = ["--api", "a1/dev", "--subscription", "alice=/1", "--json"];
    const { stdout } = await inspect("--table", table.tableName, ...FILTER, ...api);
    expect(JSON.parse(stdout)).toMatchObject({
      publish: { path: "onMessage", api: { apiId: "a1", stage: "dev" } },
      explanations: [
        {
          subscription: { connectionId: "alice=", id: 1 },
          matches: false,
          reasons: [{ kind: "otherApi", api: API }],
        },
      ],
    });
  });
});

describe.concurrent("inspect ends with one line", () => {
  async function problemOf(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await inspect(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).not.toContain("\n");
    return stderr;
  }

  it("for a table that does not exist", async () => {
    const tableName = `none-${randomUUID()}`;
    expect(await problemOf("--table", tableName)).toBe(
      `error: table "${tableName}" does not exist at ${inject("dynamoDBEndpoint")}. Correct --table, --region or --endpoint.`,
    );
  });

  it("for a table with other keys", async () => {
    const other = await createTestTable(["PK", "SK"]);
    expect(await problemOf("--table", other.tableName)).toContain("has other keys than pk and sk");
    await other.stop();
  });

  it("where no DynamoDB answers", async () => {
    expect(await problemOf("--table", "t", "--endpoint", "http://127.0.0.1:9")).toBe(
      "error: no DynamoDB answers at http://127.0.0.1:9. Start it, or correct --endpoint.",
    );
  });

  it("without a region", async () => {
    const { exitCode, stderr } = await runCli(["inspect", "--table", "t"], {
      environment: { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", HOME: "/nowhere" },
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: "error: no AWS region is set. Give --region, or set AWS_REGION.",
    });
  });

  it("for a filter with a field that no row has", async () => {
    const filter = '{"name":"byRoom","input":{"rom":"red"}}';
    const publish = ["--path", "onMessage", "--filter", filter];
    expect(await problemOf("--table", table.tableName, ...publish)).toBe(
      'error: filter of "onMessage": input.rom is not a field of this filter. Filters with rows in the table: byRoom(input.room).',
    );
  });

  it("for a subscription that is not there", async () => {
    const { tableName } = table;
    expect(await problemOf("--table", tableName, "--subscription", "alice=/2")).toContain(
      "connection alice= has no subscription 2: it was refused, never asked for, or stopped long ago. It has: alice=/1.",
    );
    expect(await problemOf("--table", tableName, "--subscription", "zoe=/2")).toContain(
      "the table has no connection zoe=: it never connected here, or is long gone.",
    );
  });

  it("for a filter without a path", async () => {
    expect(await problemOf("--table", table.tableName, "--filter", "{}")).toContain("add --path");
  });
});
