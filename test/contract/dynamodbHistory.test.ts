import {
  ConditionalCheckFailedException,
  InternalServerError,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import type { NewEvent } from "../../src/store/eventHistory.ts";
import { START_MS } from "../../src/testing/store/world.ts";
import { dynamoWorld } from "./dynamoWorld.ts";
import { type Call, commands } from "./observe.ts";

const $metadata = {};
const event: NewEvent = {
  path: "onNews",
  filters: [undefined],
  cursor: "5",
  text: "hello",
  expireAt: Math.floor(START_MS / 1000) + 60,
};
const once = { key: "order 1", fingerprint: "f" };

/** What a call wrote, as the SDK was given it. */
const itemsOf = ({ input }: Call): readonly Readonly<Record<string, unknown>>[] => collect(input);

function collect(input: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (typeof input !== "object" || input === null) return [];
  return Object.entries(input).flatMap(([name, value]) =>
    name === "Item" ? [value as Readonly<Record<string, unknown>>] : collect(value),
  );
}

/** A world whose first write of a command is answered by the test. */
const refusing = (command: string, refuse: Error) =>
  dynamoWorld({ plan: (call) => (call.command === command ? { refuse } : undefined) });

describe("an event is kept", () => {
  it("by one put under one filter, by one transaction under several or with a key", async () => {
    const { store, calls } = await dynamoWorld();
    await store.history.keep(event);
    await store.history.keep({ ...event, cursor: "6", filters: ["a#", "b#"] });
    await store.history.keep({ ...event, cursor: "7", once });
    expect(commands(calls)).toEqual([
      "PutItemCommand",
      "TransactWriteItemsCommand",
      "TransactWriteItemsCommand",
    ]);
    expect(calls.map((call) => itemsOf(call).length)).toEqual([1, 2, 2]);
  });

  it("with the mark of the outbox on its first row alone, and on none without", async () => {
    const { store, calls } = await dynamoWorld();
    await store.history.keep({ ...event, filters: ["a#", "b#"], outbox: true });
    await store.history.keep({ ...event, cursor: "6", filters: ["a#", "b#"] });
    await store.history.keep({ ...event, cursor: "7" });
    const marked = calls.map((call) => itemsOf(call).map((item) => "outbox" in item));
    expect(marked).toEqual([[true, false], [false, false], [false]]);
  });

  it("under its key as open until its publish is finished", async () => {
    const { store, calls } = await dynamoWorld();
    await store.history.keep({ ...event, once });
    const [row] = calls.flatMap(itemsOf);
    expect(row).toMatchObject({ state: "OPEN", cursor: "5", fingerprint: "f" });
    const again = { ...event, cursor: "6", once };
    const told = { status: "repeated", cursor: "5", fingerprint: "f" };
    expect(await store.history.keep(again)).toEqual({ ...told, finished: false });
    await store.history.finish({ path: event.path, key: once.key });
    expect(await store.history.keep(again)).toEqual({ ...told, finished: true });
  });
});

describe("what a table says no to", () => {
  const cancelled = (...reasons: readonly object[]) =>
    new TransactionCanceledException({
      $metadata,
      message: "cancelled",
      CancellationReasons: [...reasons],
    });
  const TRANSACTION = "TransactWriteItemsCommand";

  it.each([
    [
      "a row in the way that is no key",
      cancelled({ Code: "None" }, { Code: "ConditionalCheckFailed" }),
    ],
    ["a refusal for its size", cancelled({ Code: "ItemCollectionSizeLimitExceeded" })],
    [
      "a refusal without reasons",
      new TransactionCanceledException({ $metadata, message: "cancelled" }),
    ],
    [
      "a condition of something else",
      Object.assign(new Error("no transaction"), {
        CancellationReasons: [{ Code: "ConditionalCheckFailed", Item: {} }],
      }),
    ],
  ])("is thrown, and no repetition: %s", async (_, refuse) => {
    const { store } = await refusing(TRANSACTION, refuse);
    await expect(store.history.keep({ ...event, once })).rejects.toThrow(refuse.message);
  });

  it("is thrown for an event without a key, whatever it is", async () => {
    const refuse = cancelled({ Code: "ConditionalCheckFailed", Item: { cursor: { S: "4" } } });
    const { store } = await refusing(TRANSACTION, refuse);
    const both = { ...event, filters: ["a#", "b#"] };
    await expect(store.history.keep(both)).rejects.toBe(refuse);
  });

  it("is nothing to a publish whose key is gone, and thrown where it is something else", async () => {
    const at = { path: event.path, key: once.key };
    const { store, calls } = await dynamoWorld();
    await store.history.finish(at);
    expect(commands(calls)).toEqual(["UpdateItemCommand"]);
    const refuse = new InternalServerError({ $metadata, message: "no answer" });
    const broken = await refusing("UpdateItemCommand", refuse);
    await expect(broken.store.history.finish(at)).rejects.toThrow("no answer");
    const gone = new ConditionalCheckFailedException({ $metadata, message: "gone" });
    const late = await refusing("UpdateItemCommand", gone);
    await expect(late.store.history.finish(at)).resolves.toBeUndefined();
  });
});
