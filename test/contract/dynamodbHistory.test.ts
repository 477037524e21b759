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

describe("the history is read", () => {
  const collected = async (reading: AsyncIterable<readonly { readonly cursor: string }[]>) => {
    const pages: string[][] = [];
    for await (const page of reading) pages.push(page.map(({ cursor }) => cursor));
    return pages;
  };
  const all = { path: event.path, from: "" };
  const large = { ...event, text: "x".repeat(350_000) };

  it("as it is when it is read, and so is the note of a quiet client", async () => {
    const { store, calls } = await dynamoWorld();
    await collected(store.history.read(all));
    await store.history.quietUntil({ path: event.path, filters: [undefined], cursor: "5" });
    const inputs = calls.map(({ command, input }) => [command, input["ConsistentRead"]]);
    expect(inputs).toEqual([
      ["QueryCommand", true],
      ["GetItemCommand", true],
    ]);
  });

  it("over pages that have nothing but what is over", async () => {
    const { store, calls, clock } = await dynamoWorld();
    for (const cursor of ["1", "2", "3", "4"]) await store.history.keep({ ...large, cursor });
    const expireAt = event.expireAt + 60;
    await store.history.keep({ ...large, cursor: "5", expireAt });
    await store.history.keep({ ...large, cursor: "6", expireAt });
    clock.nowMs = event.expireAt * 1000;
    const before = calls.length;
    expect((await collected(store.history.read(all))).flat()).toEqual(["5", "6"]);
    expect(calls.length - before).toBeGreaterThan(1);
  });

  it("until the reader is told to end, which is before its next page", async () => {
    const { store, calls } = await dynamoWorld();
    for (const cursor of ["1", "2", "3", "4"]) await store.history.keep({ ...large, cursor });
    const before = calls.length;
    const end = new AbortController();
    const reading = store.history.read({ ...all, signal: end.signal })[Symbol.asyncIterator]();
    const first = await reading.next();
    expect(first.value?.length).toBeLessThan(4);
    const reason = new Error("enough");
    end.abort(reason);
    await expect(reading.next()).rejects.toBe(reason);
    expect(calls.length - before).toBe(1);
  });

  it("with rows that another program spoilt as events of no text", async () => {
    const answer = { Items: [{ pk: "p", sk: "7", text: 1 }, {}] };
    const { store } = await dynamoWorld({
      plan: ({ command }) => (command === "QueryCommand" ? { answer } : undefined),
    });
    const events: unknown[] = [];
    for await (const page of store.history.read(all)) events.push(...page);
    expect(events).toEqual([
      { cursor: "7", text: "" },
      { cursor: "", text: "" },
    ]);
  });
});

describe("an event whose answer is lost", () => {
  it("is kept when it is kept again, with its key as well", async () => {
    const loseAnswer = new Error("no answer");
    const { store } = await dynamoWorld({
      plan: (_, index) => (index === 0 ? { loseAnswer } : undefined),
    });
    await expect(store.history.keep({ ...event, once })).rejects.toThrow("no answer");
    expect(await store.history.keep({ ...event, once })).toEqual({ status: "kept" });
    const other = { ...event, cursor: "6", once };
    const repeated = { status: "repeated", cursor: "5", fingerprint: "f", finished: false };
    expect(await store.history.keep(other)).toEqual(repeated);
  });
});
