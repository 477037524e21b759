import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import { TableError } from "../../src/errors.ts";
import { documentClientOn } from "../../src/store/dynamodb/documentClient.ts";
import type { WorkClaim } from "../../src/store/types.ts";
import { START_MS } from "../../src/testing/store/world.ts";
import type { TestTable } from "../testTable.ts";
import { dynamoWorld, worldOn } from "./dynamoWorld.ts";
import { commands } from "./observe.ts";

const LEASE_MS = 60_000;
const claim: WorkClaim = {
  fanOutId: "f",
  part: "0",
  end: "the end",
  leaseUntil: START_MS + LEASE_MS,
  expireAt: START_MS / 1000 + 3600,
};
const later: WorkClaim = { ...claim, end: "another", leaseUntil: START_MS + 2 * LEASE_MS };

/** Loses the answer of one write, so that the SDK makes it again. */
function loseOneAnswer({ dynamoDBClient }: TestTable, command: string): void {
  let lost = false;
  dynamoDBClient.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      if (lost || context.commandName !== command) return result;
      lost = true;
      throw Object.assign(new Error("reset"), { code: "ECONNRESET" });
    },
    { step: "finalizeRequest", priority: "low", name: `lose the answer of ${command}` },
  );
}

describe("the ledger", () => {
  test("takes one call for everything, and one more to take over", async () => {
    const { store, clock, calls } = await dynamoWorld();
    const { fanOuts } = store;
    const callsOf = async (act: () => Promise<unknown>): Promise<readonly string[]> => {
      const before = calls.length;
      await act();
      return commands(calls.slice(before));
    };
    expect(await callsOf(() => fanOuts.keep("f", "text", claim.expireAt))).toEqual([
      "PutItemCommand",
    ]);
    expect(await callsOf(() => fanOuts.kept("f"))).toEqual(["GetItemCommand"]);
    expect(await callsOf(() => fanOuts.claim(claim))).toEqual(["PutItemCommand"]);
    expect(await callsOf(() => fanOuts.claim(later))).toEqual(["PutItemCommand"]);
    clock.nowMs += LEASE_MS;
    const takeOver = ["PutItemCommand", "UpdateItemCommand"];
    expect(await callsOf(() => fanOuts.claim(later))).toEqual(takeOver);
    expect(await callsOf(() => fanOuts.finish(claim))).toEqual(["UpdateItemCommand"]);
    expect(await callsOf(() => fanOuts.claim(later))).toEqual(["PutItemCommand"]);
  });

  test("knows its own claim when the answer was lost", async () => {
    const { store, table, clock } = await dynamoWorld();
    loseOneAnswer(table, "PutItemCommand");
    const first = { status: "claimed", repeated: false, end: "the end" };
    expect(await store.fanOuts.claim(claim)).toEqual(first);
    expect((await store.fanOuts.claim(claim)).status).toBe("busy");
    clock.nowMs += LEASE_MS;
    loseOneAnswer(table, "UpdateItemCommand");
    expect(await store.fanOuts.claim(later)).toEqual({ ...first, repeated: true });
    expect((await store.fanOuts.claim(later)).status).toBe("busy");
  });

  test.each([
    ["takes over", { status: "busy", leaseUntil: later.leaseUntil }],
    ["finishes", { status: "done" }],
  ] as const)("gives way to one who %s in between", async (what, expected) => {
    const { bystander, store, clock } = await dynamoWorld({
      plan: ({ command }) => {
        if (command !== "UpdateItemCommand") return undefined;
        const { fanOuts } = bystander.store;
        const act = () => (what === "finishes" ? fanOuts.finish(claim) : fanOuts.claim(later));
        return {
          before: async () => {
            await act();
          },
        };
      },
    });
    await bystander.store.fanOuts.claim(claim);
    clock.nowMs += LEASE_MS;
    const mine = { ...later, leaseUntil: later.leaseUntil + 1 };
    expect(await store.fanOuts.claim(mine)).toEqual(expected);
  });
});

describe("the signing key", () => {
  test("is read once, and by several processes at once is the same", async () => {
    const { store, table, calls } = await dynamoWorld();
    const stores = [store, ...Array.from({ length: 9 }, () => worldOn(table).store)];
    const keys = await Promise.all(stores.map((one) => one.signingKey()));
    expect(new Set(keys).size).toBe(1);
    expect(await worldOn(table).store.signingKey()).toBe(keys[0]);
    const before = calls.length;
    await Promise.all([store.signingKey(), store.signingKey()]);
    expect(calls.length).toBe(before);
  });

  test("that is made takes two calls, and one afterwards", async () => {
    const { store, table, calls } = await dynamoWorld();
    await Promise.all([store.signingKey(), store.signingKey()]);
    expect(commands(calls)).toEqual(["GetItemCommand", "PutItemCommand"]);
    await worldOn(table).store.signingKey();
    expect(commands(calls.slice(2))).toEqual(["GetItemCommand"]);
  });

  test("is the one that was stored when the answer was lost", async () => {
    const { store, table } = await dynamoWorld();
    loseOneAnswer(table, "PutItemCommand");
    const key = await store.signingKey();
    expect(await worldOn(table).store.signingKey()).toBe(key);
  });

  test("is asked for again after a failure", async () => {
    const refuse = new Error("no credentials");
    const { store } = await dynamoWorld({
      plan: (_, index) => (index === 0 ? { refuse } : undefined),
    });
    const both = await Promise.allSettled([store.signingKey(), store.signingKey()]);
    expect(both).toEqual([0, 1].map(() => ({ status: "rejected", reason: refuse })));
    expect(await store.signingKey()).toMatch(/^[\w-]{43}$/);
  });

  test("differs between namespaces", async () => {
    const { store, table } = await dynamoWorld();
    const another = worldOn(table, { namespace: "dev" }).store;
    expect(await another.signingKey()).not.toBe(await store.signingKey());
  });

  test("is not taken from somebody else's row", async () => {
    const { store, table } = await dynamoWorld();
    const Item = { pk: "secret#cursor", sk: "secret#cursor", expireAt: 1 };
    const documents = documentClientOn(table.observer);
    await documents.send(new PutCommand({ TableName: table.tableName, Item }));
    const failure = store.signingKey();
    await expect(failure).rejects.toBeInstanceOf(TableError);
    await expect(failure).rejects.toThrow(
      /^row "secret#cursor" of table ".*" holds no signing key/,
    );
  });
});

test("a read of the signing key that hangs, as one that was under way when Lambda froze, is no later call's", async () => {
  let fail: (error: Error) => void = () => undefined;
  const hanging = new Promise<void>((_, reject) => {
    fail = reject;
  });
  const { store, clock, calls } = await dynamoWorld({
    plan: (_, index) => (index === 0 ? { before: () => hanging } : undefined),
  });
  const both = [store.signingKey()];
  clock.nowMs += 999;
  both.push(store.signingKey());
  clock.nowMs += 1;
  const key = await store.signingKey();
  expect(commands(calls)).toEqual(["GetItemCommand", "GetItemCommand", "PutItemCommand"]);
  const reason = new Error("socket hang up");
  fail(reason);
  const rejected = { status: "rejected", reason };
  expect(await Promise.allSettled(both)).toEqual([rejected, rejected]);
  expect(await store.signingKey()).toBe(key);
  expect(calls).toHaveLength(3);
});
