import { tracked } from "@trpc/server";
import { dynamodb, initSubscriptions, type PublishReport } from "trpc-aws-subscriptions";
import { connectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import { afterAll, afterEach, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { createTestTable } from "../../testTable.ts";
import {
  type AdapterOptions,
  adapterOf,
  subscriptions,
  t,
} from "../../unit/adapters/api-gateway/harness.ts";
import { report } from "../figures.ts";

const MAX_BYTES = 131_072;
/** Around text that is published, for the longest number that stock clients count to. */
const ENVELOPE = '{"id":-9007199254740991,"jsonrpc":"2.0","result":{"type":"data","data":""}}'
  .length;
const bytesOf = (text: string): number => Buffer.byteLength(text);
/** Refuses what API Gateway would. */
const onPost = ({ frame }: { readonly frame: string }): number | undefined =>
  bytesOf(frame) > MAX_BYTES ? 413 : undefined;

const made = { value: "" as unknown };
const longPath = `on${"x".repeat(3_000)}`;
const router = t.router({
  length: t.procedure.input(z.string()).query(({ input }) => input.length),
  onPlain: t.procedure.subscription(subscriptions.resolver<unknown>()),
  onStarted: t.procedure.subscription(
    subscriptions.resolver<unknown>({
      async *onStart() {
        yield made.value;
      },
    }),
  ),
  onHook: t.procedure
    .input(z.string())
    .subscription(subscriptions.resolver<string>({ onStop: async () => undefined })),
  generated: t.procedure.subscription(async function* () {
    yield made.value;
  }),
  [longPath]: t.procedure.subscription(subscriptions.resolver<unknown>()),
});

let cases = 0;
afterEach(() => {
  cases++;
});
afterAll(() => report("hostile sizes", { cases }));

async function opened(options: AdapterOptions = {}) {
  const adapter = adapterOf(router, { onPost, ...options });
  await adapter.open();
  return adapter;
}

const codes = (frames: readonly unknown[]): readonly unknown[] =>
  frames.map((frame) => {
    const { result, error } = JSON.parse(JSON.stringify(frame));
    return error?.data.code ?? result.type;
  });

const subscribe = (path: string, id: unknown = 1): object => ({
  id,
  method: "subscription",
  params: { path },
});

interface Route {
  publish(options: object): Promise<PublishReport>;
}

async function publishTo(id: unknown, data: unknown) {
  const { send, chain, recording } = await opened();
  await send({ ...subscribe("onPlain", id), jsonrpc: "2.0" });
  const reported: unknown[] = [];
  const { client, endpoint } = recording;
  const publisher = chain.publisher({
    client,
    endpoint,
    onError: ({ error }) => reported.push(error),
  });
  const { onPlain } = publisher.routes as unknown as Record<string, Route>;
  const work = onPlain?.publish({ data }) ?? Promise.reject(new Error("no route"));
  const outcome: unknown = await work.catch((error: unknown) => error);
  return { outcome, reported, frame: recording.posts.at(-1)?.frame ?? "" };
}

describe("S5: an event in a frame of", () => {
  const longest = Number.MIN_SAFE_INTEGER;

  it.each([
    ["131,071 bytes", "x".repeat(MAX_BYTES - ENVELOPE - 1), 131_071],
    ["131,072 bytes", "x".repeat(MAX_BYTES - ENVELOPE), 131_072],
    [
      "131,072 bytes in half as many letters",
      `${"é".repeat((MAX_BYTES - ENVELOPE - 1) / 2)}x`,
      131_072,
    ],
  ])("%s is delivered, counted with the longest id", async (_name, data, bytes) => {
    const { outcome, frame } = await publishTo(longest, data);
    expect(outcome).toMatchObject({ delivered: 1 });
    expect(bytesOf(frame)).toBe(bytes);
  });

  it.each([
    ["131,073 bytes", "x".repeat(MAX_BYTES - ENVELOPE + 1), 131_073],
    ["131,073 bytes in half as many letters", "é".repeat((MAX_BYTES - ENVELOPE + 1) / 2), 131_073],
    ["131,074 bytes, by an escape", `"${"x".repeat(MAX_BYTES - ENVELOPE)}`, 131_074],
    ["131,078 bytes, by a control character", `\u0001${"x".repeat(MAX_BYTES - ENVELOPE)}`, 131_078],
    ["131,089 bytes, by its own id", tracked("e1", "x".repeat(MAX_BYTES - ENVELOPE - 12)), 131_089],
  ])("%s is refused", async (_name, data, bytes) => {
    const { outcome } = await publishTo(1, data);
    expect(outcome).toMatchObject({ name: "PayloadTooLargeError", bytes, maxBytes: MAX_BYTES });
  });

  it("131,120 bytes, by an id of 64 letters, is a failed one and reported", async () => {
    const { outcome, reported } = await publishTo("x".repeat(64), "x".repeat(MAX_BYTES - ENVELOPE));
    expect(outcome).toMatchObject({ matched: 1, delivered: 0, failed: 1 });
    expect(reported).toMatchObject([{ name: "TransportError", failure: "tooLarge" }]);
  });

  it.each(["onStarted", "generated"])("131,073 bytes that %s yields is an error", async (path) => {
    for (const [id, more] of [0, 1].entries()) {
      made.value = "x".repeat(MAX_BYTES - ENVELOPE + more);
      const { send } = await opened();
      const told = codes(await send(subscribe(path, id)));
      expect(told.includes("PAYLOAD_TOO_LARGE")).toBe(more === 1);
      expect(told.includes("data")).toBe(more === 0);
    }
  });
});

describe("race R18: a request is answered in 128 KB, whatever it repeats:", () => {
  it.each([
    ["60,000 letters of path", "x".repeat(60_000)],
    ["100,000 letters of path", "x".repeat(100_000)],
    ["130,990 letters of path", "x".repeat(130_990)],
    ["65,490 quotes in a path", '"'.repeat(65_490)],
    ["21,830 NULs in a path", "\u0000".repeat(21_830)],
    ["65,490 letters of two bytes in a path", "é".repeat(65_490)],
  ])("%s", async (_name, path) => {
    const { handler, frames } = await opened();
    const body = JSON.stringify({ id: 1, method: "query", params: { path } });
    expect(bytesOf(body)).toBeLessThanOrEqual(MAX_BYTES);
    await handler(messageEvent(body));
    expect(frames()).toMatchObject([{ id: 1, error: { data: { code: "NOT_FOUND" } } }]);
  });

  it.each([32_768, 131_072])("a frame of %i bytes", async (bytes) => {
    const { send } = await opened();
    const frame = { id: 1, method: "query", params: { path: "length", input: "" } };
    const input = "x".repeat(bytes - bytesOf(JSON.stringify(frame)));
    const full = { ...frame, params: { path: "length", input } };
    expect(bytesOf(JSON.stringify(full))).toBe(bytes);
    expect(await send(full)).toEqual([{ id: 1, result: { type: "data", data: input.length } }]);
  });
});

describe("what is stored:", () => {
  it.each([
    ["8,192 bytes", "x".repeat(8_190), 200],
    ["8,193 bytes", "x".repeat(8_191), 500],
    ["8,192 bytes in half as many letters", "é".repeat(4_095), 200],
    ["8,194 bytes in half as many letters", "é".repeat(4_096), 500],
  ])("a session of %s", async (_name, session, statusCode) => {
    const { connect } = adapterOf(router, { connect: { authorize: () => ({ session }) } });
    expect(await connect(connectEvent())).toEqual({ statusCode });
  });

  it.each([
    [16_384, "started"],
    [16_385, "PAYLOAD_TOO_LARGE"],
  ])("input and ctx for hooks of %i characters", async (length, told) => {
    const { send } = await opened();
    const input = "x".repeat(length - '{"input":"","ctx":{}}'.length);
    const params = { path: "onHook", input };
    expect(codes(await send({ id: 1, method: "subscription", params }))).toEqual([told]);
  });

  it("S2: the longest keys there can be, of 1,024 bytes; of 1,025 none is declared", async () => {
    const table = await createTestTable();
    onTestFinished(() => table.stop());
    const fields = Array.from({ length: 5 }, (_, index) => `field${index}`);
    const declared = (nameLength: number) =>
      filterOf(
        initSubscriptions<unknown>()
          .router({ router })
          .store({ store: dynamodb({ ...table }) }),
        {
          name: "n".repeat(nameLength),
          ctx: Object.fromEntries(fields.map((field) => [field, true])),
        },
      );
    let room = 1;
    while (isDeclared(() => declared(room + 1))) room++;
    const { client, messages, ctx } = { ...adapterOf(router).recording, ctx: "x".repeat(128) };
    const chain = declared(room);
    const connectionId = "c".repeat(64);
    await chain.connect()(connectEvent({ connectionId }));
    const createContext = () => Object.fromEntries(fields.map((field) => [field, ctx]));
    const frame = { ...subscribe(longPath, "i".repeat(64)), jsonrpc: "2.0" };
    await chain.handler({ client, createContext })(messageEvent(frame, { connectionId }));
    expect(codes(messages(connectionId))).toEqual(["started"]);
    const keys = await table.routeRows();
    expect(Math.max(...keys.map(({ sk }) => bytesOf(sk)))).toBe(1_024);
    expect(Math.max(...keys.map(({ pk }) => bytesOf(pk)))).toBeLessThanOrEqual(200);
  });
});

type Chain = ReturnType<typeof adapterOf>["chain"];

function filterOf(chain: { readonly routes: unknown }, filter: object): Chain {
  const routes = chain.routes as Record<string, { filter(one: object): unknown }>;
  return routes[longPath]?.filter(filter) as Chain;
}

function isDeclared(declare: () => unknown): boolean {
  try {
    declare();
    return true;
  } catch {
    return false;
  }
}
