import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { expect, test } from "vitest";
import { documentClientOn } from "../../src/store/dynamodb/documentClient.ts";
import { everyone, filtered, frame, PATH, START_MS } from "../../src/testing/store/world.ts";
import { dynamoWorld, worldOn } from "./dynamoWorld.ts";

const SECONDS = START_MS / 1000;
const address = filtered("byUser", [["userId", "u#1"]], [["room", 7]]);
const fingerprint = /@[\w-]{6}$/;

test("the rows are as documented", async () => {
  const { table, connect, subscribe } = await dynamoWorld();
  const connection = await connect("c=", { session: '{"a":{}}', paramsExpected: true });
  const sent = frame({ routes: [everyone, address, address], jsonrpc: true, hookState: "{}" });
  await subscribe(connection, sent);
  const rows = await table.rows();
  const route = { pk: `path#${PATH}`, expireAt: SECONDS + 3600 };
  const last = `connection#c=#subscription#%n1#${START_MS}j@`;
  const filter = "name#byUser#ctx#userId#u%231#input#room#%n7#";
  const routeKeys = rows.slice(2).map(({ sk }) => String(sk));
  expect(routeKeys.map((sk) => sk.replace(fingerprint, "@"))).toEqual([last, filter + last]);
  expect(rows).toEqual([
    {
      pk: "connection#c=",
      sk: "connection#c=",
      expireAt: SECONDS + 3600,
      state: "OPEN",
      connectedAt: START_MS,
      apiId: "a1b2c3d4e5",
      stage: "prod",
      session: '{"a":{}}',
      paramsExpected: true,
      subscriptions: 1,
      recounts: 0,
    },
    {
      pk: "connection#c=",
      sk: "subscription#%n1",
      expireAt: SECONDS + 3600,
      state: "ACTIVE",
      requestTimeMs: START_MS,
      messageId: "message-1",
      path: PATH,
      routes: routeKeys.map((sk) => [route.pk, sk]),
      hookState: "{}",
    },
    // Nothing but keys and expiry: there may be very many of them.
    ...routeKeys.map((sk) => ({ ...route, sk })),
  ]);
});

test("the rows of fan-outs and the signing key are as documented", async () => {
  const { store, table } = await dynamoWorld({ namespace: "n#" });
  const expireAt = SECONDS + 60;
  await store.fanOuts.keep("f#1", "text", expireAt + 0.9);
  const claim = { fanOutId: "f#1", part: "0#2", end: "e", leaseUntil: START_MS, expireAt };
  await store.fanOuts.claim({ ...claim, expireAt: expireAt + 0.9 });
  await store.fanOuts.claim({ ...claim, part: "1" });
  await store.fanOuts.finish({ ...claim, part: "1" });
  const text = await store.signingKey();
  const pk = "namespace#n%23#fanOut#f%231";
  const part = { pk, expireAt, leaseUntil: START_MS, end: "e", claimId: expect.any(String) };
  expect(await table.rows()).toEqual([
    { ...part, sk: "part#0%232", state: "CLAIMED" },
    { ...part, sk: "part#1", state: "DONE" },
    { pk, sk: "text", text: "text", expireAt },
    // What was signed may be shown whenever.
    { pk: "namespace#n%23#secret#cursor", sk: "secret#cursor", text },
  ]);
});

test("what JSON holds is kept as text, whatever it holds", async () => {
  const { store, table, connect } = await dynamoWorld();
  await connect("c", { paramsExpected: true });
  const params = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`name${index}`, "ü".repeat(10)]),
  );
  await store.setConnectionParams("c", params);
  expect((await table.rows())[0]).toMatchObject({ connectionParams: JSON.stringify(params) });
});

test("every row ends some day, in whole seconds", async () => {
  const world = await dynamoWorld();
  const { store, table, clock, connect, subscribe } = world;
  clock.nowMs += 333;
  const connection = await connect("c", {
    connectedAt: START_MS + 999,
    expireAt: SECONDS + 8100.7,
    paramsExpected: true,
  });
  await subscribe(connection, frame({ routes: [everyone, address] }), frame({ id: 2 }));
  await store.setConnectionParams("c", null);
  await store.setConnectionParams("unknown", null);
  await store.stop({ connectionId: "c", id: 2, requestTimeMs: START_MS });
  await store.stop({ connectionId: "c", id: 3, requestTimeMs: START_MS });
  await store.stop({ connectionId: "never seen", id: 1, requestTimeMs: START_MS });
  await store.disconnect("too early");
  await store.disconnect("c");
  const rows = await table.rows();
  expect(rows.map(({ pk, sk, expireAt }) => [pk, sk, expireAt])).toEqual([
    ["connection#c", "connection#c", SECONDS + 8100],
    ["connection#c", "subscription#%n1", SECONDS + 8100],
    ["connection#c", "subscription#%n2", SECONDS + 1200],
    ["connection#c", "subscription#%n3", SECONDS + 1200],
    ["connection#never seen", "subscription#%n1", SECONDS + 1200],
    ["connection#too early", "connection#too early", SECONDS + 1200],
  ]);
});

test("ttlSeconds ends a connection and all its rows sooner", async () => {
  const { table, connect, subscribe } = await dynamoWorld({ ttlSeconds: 60 });
  const connection = await connect("c", { connectedAt: START_MS + 900 });
  expect(connection.expireAt).toBe(SECONDS + 60);
  await subscribe(connection, frame({ routes: [everyone, address] }));
  // Also for a connection that was not read from the store.
  await subscribe({ ...connection, expireAt: SECONDS + 3600 }, frame({ id: 2 }));
  const ends = (await table.rows()).map(({ expireAt }) => expireAt);
  expect(new Set(ends)).toEqual(new Set([SECONDS + 60]));
});

test("ttlSeconds never makes a connection last longer", async () => {
  const { connect } = await dynamoWorld({ ttlSeconds: 1_000_000 });
  expect((await connect("c")).expireAt).toBe(SECONDS + 3600);
});

test("namespaces share a table and never meet", async () => {
  const first = await dynamoWorld({ namespace: "dev" });
  const worlds = [
    first,
    ...["dev#", "de", "prod", undefined].map((namespace) =>
      worldOn(first.table, { ...(namespace !== undefined && { namespace }) }),
    ),
  ];
  for (const [index, { connect, subscribe }] of worlds.entries()) {
    const connection = await connect("c", { session: `session ${index}` });
    await subscribe(connection, frame({ id: index, routes: [everyone, address] }));
  }
  for (const [index, { store, find }] of worlds.entries()) {
    expect(await find({ shards: 2 })).toEqual([`c/${index}`]);
    expect(await find(address)).toEqual([`c/${index}`]);
    expect((await store.getConnection("c"))?.session).toBe(`session ${index}`);
  }
  await first.store.disconnect("c");
  expect(await first.find({})).toEqual([]);
  expect((await first.table.routeRows()).length).toBe(8);
});

test("rows of others in the same table are left out and left alone", async () => {
  const { table, store, connect, subscribe, find } = await dynamoWorld();
  await subscribe(await connect("c"), frame());
  const documents = documentClientOn(table.observer);
  for (const sk of ["connection#", "connection#x", "connection#x#subscription#1#2", "name#f#"]) {
    const Item = { pk: `path#${PATH}`, sk, expireAt: SECONDS + 60 };
    await documents.send(new PutCommand({ TableName: table.tableName, Item }));
  }
  expect(await find({})).toEqual(["c/1"]);
  await store.disconnect("c");
  expect((await table.routeRows()).length).toBe(4);
});
