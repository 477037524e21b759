import { afterAll, afterEach, describe, expect, it } from "vitest";
import { apiFingerprint } from "../../../src/store/keys.ts";
import type { Row } from "../../testTable.ts";
import { report } from "../figures.ts";
import { poisonWorld, subscriptionRow } from "./poisonWorld.ts";

let cases = 0;
afterEach(() => {
  cases++;
});
afterAll(() => report("hostile rows: routes", { cases }));

const ours = apiFingerprint({ apiId: "a1b2c3d4e5", stage: "test" });
const expireAt = 99_999_999_999;
const key = (connectionId: string, id: string, end = `1@${ours}`): string =>
  `connection#${connectionId}#subscription#${id}#${end}`;

/** Rows of a route that name nobody. */
const nobody: readonly (readonly [name: string, row: Partial<Row>])[] = [
  ["text behind its key", { sk: `${key("victim", "%n2")}#` }],
  ["an end that is cut", { sk: "connection#victim#subscription#%n2" }],
  ["other words in its key", { sk: key("victim", "%n2").replace("subscription", "sub") }],
  ["no time", { sk: key("victim", "%n2", `@${ours}`) }],
  ["a time that is text", { sk: key("victim", "%n2", `now@${ours}`) }],
  ["a time before 1970", { sk: key("victim", "%n2", `-1@${ours}`) }],
  ["a time of 400 digits", { sk: key("victim", "%n2", `${"9".repeat(400)}@${ours}`) }],
  ["an id that is NaN", { sk: key("victim", "%nNaN") }],
  ["an id that is no number", { sk: key("victim", "%nabc") }],
  ["an id of a number without digits", { sk: key("victim", "%n") }],
  ["an id with a fraction", { sk: key("victim", "%n1.5") }],
  ["an id in another notation", { sk: key("victim", "%n0x2") }],
  ["an id beyond the safe integers", { sk: key("victim", "%n9007199254740993") }],
  ["an id of another type", { sk: key("victim", "%btrue") }],
  ["an empty id", { sk: key("victim", "") }],
  ["an id of 65 bytes", { sk: key("victim", "x".repeat(65)) }],
  ["the mark of another API", { sk: key("victim", "%n2", "1@AAAAAA") }],
  ["no expireAt", { sk: key("victim", "%n2"), expireAt: undefined as never }],
  ["expireAt as text", { sk: key("victim", "%n2"), expireAt: "99999999999" as never }],
];

/** Connections that API Gateway cannot have. */
const impossible: readonly (readonly [name: string, connectionId: string])[] = [
  ["a path", "../../x?y%23z"],
  ["two dots", ".."],
  ["nothing", ""],
  ["a NUL", "victim\u0000"],
  ["a space", "victim "],
  ["an encoded slash", "%2F..%2Fvictim"],
  ["a URL", "https://evil.com/"],
  ["900 characters", "x".repeat(900)],
];

describe("S21: a route's row with", () => {
  it.each(nobody)("%s is left out", async (_name, row) => {
    const { publisher, join, put, recording, failures } = await poisonWorld();
    await join("victim", "onPlain");
    await put({ pk: "path#onPlain", sk: "", expireAt, ...row });
    const before = recording.posts.length;
    const { publish, count } = publisher.routes.onPlain;
    expect(await publish({ data: "x" })).toMatchObject({ matched: 1, delivered: 1, failed: 0 });
    expect(await count()).toBe(1);
    expect(recording.posts.slice(before)).toEqual([
      { connectionId: "victim", frame: '{"id":1,"result":{"type":"data","data":"x"}}' },
    ]);
    expect(failures).toEqual([]);
  });

  it.each(impossible)("%s for a connection is counted, and posted to nobody", async (_name, id) => {
    const { publisher, join, put, recording, failures } = await poisonWorld();
    await join("victim", "onPlain");
    await put({ pk: "path#onPlain", sk: key(id, "%n1"), expireAt });
    const before = recording.posts.length;
    const published = await publisher.routes.onPlain.publish({ data: "x" });
    expect(published).toMatchObject({ matched: 2, delivered: 1, failed: 1, gone: 0 });
    expect(recording.posts.slice(before).map(({ connectionId }) => connectionId)).toEqual([
      "victim",
    ]);
    expect(failures).toMatchObject([{ name: "TransportError" }]);
  });
});

/** Rows of others that a poisoned subscription may name as its routes. */
const foreign: readonly (readonly [name: string, isMeant: (row: Row) => boolean])[] = [
  [
    "the route of another connection",
    ({ pk, sk }) => pk.startsWith("path#") && sk.includes("victim"),
  ],
  ["the row of another connection", ({ pk, sk }) => pk === sk && pk.includes("victim")],
  ["another subscription's row", ({ pk, sk }) => pk.includes("victim") && sk.startsWith("sub")],
  ["the key of cursors", ({ pk }) => pk === "secret#cursor"],
  ["a route in another namespace", ({ pk }) => pk.startsWith("namespace#")],
  ["its own connection's row", ({ pk, sk }) => pk === sk && pk.includes("attacker")],
];

/** Everything that deletes the routes that a subscription's row names. */
const deletions: readonly (readonly [name: string, end: (world: World) => Promise<unknown>])[] = [
  ["stop", (world) => world.send("attacker", { id: 1, method: "subscription.stop" })],
  ["$disconnect", (world) => world.close("attacker")],
  [
    "a publish that is answered with 410",
    (world) => {
      world.lose("attacker");
      return world.publisher.routes.onPlain.publish({ data: "x" });
    },
  ],
  ["complete", (world) => world.publisher.routes.onPlain.complete()],
  [
    "the next use of its id",
    async (world) => {
      await world.send("attacker", { id: 1, method: "subscription.stop" });
      await world.poison(subscriptionRow("attacker"), { routes: await namedBy(world) });
      await world.send("attacker", { id: 1, method: "subscription", params: { path: "onPlain" } });
    },
  ],
];

type World = Awaited<ReturnType<typeof poisonWorld>>;

const keysOf = (rows: readonly Row[]): readonly (readonly [string, string])[] =>
  rows.map(({ pk, sk }) => [pk, sk]);

/** Every row of others, as keys. */
async function namedBy(world: World): Promise<readonly (readonly [string, string])[]> {
  const rows = await world.rows();
  return keysOf(rows.filter((row) => foreign.some(([, isMeant]) => isMeant(row))));
}

describe("S21: a subscription that names rows of others as its routes takes none with it:", () => {
  it.each(deletions)("%s", async (_name, end) => {
    const world = await poisonWorld();
    await world.join("victim", "onHook");
    await world.join("attacker", "onPlain");
    await world.put({ pk: "secret#cursor", sk: "secret#cursor", text: "x".repeat(43) });
    const route = { sk: key("attacker", "%n1"), expireAt };
    await world.put({ pk: "namespace#prod#path#onPlain", ...route });
    const named = await namedBy(world);
    expect(named).toHaveLength(foreign.length);
    const own = (await world.rows()).filter(
      ({ pk, sk }) => pk === "path#onPlain" && sk.includes("attacker"),
    );
    await world.poison(subscriptionRow("attacker"), { routes: [...named, ...keysOf(own)] });
    await end(world);
    expect(keysOf(await world.rows())).toEqual(expect.arrayContaining([...named]));
    const delivered = await world.publisher.routes.onHook.publish({ data: "x" });
    expect(delivered).toMatchObject({ matched: 1, delivered: 1 });
  });
});
