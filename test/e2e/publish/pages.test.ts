import { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { initTRPC } from "@trpc/server";
import { dynamodb, initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { filterKey } from "../../../src/store/filterKeys.ts";
import type { Plan } from "../../contract/observe.ts";
import { clientVersions, record } from "../client.ts";
import { addRows, startWorld, type WorldOptions } from "./world.ts";

const subscriptions = initSubscriptions();
const t = initTRPC.context<object>().create();
const wide = { f0: "w", f1: "w", f2: "w", f3: "w", f4: "w" };
const router = t.router({
  onMessage: t.procedure
    .input(z.record(z.enum(["f0", "f1", "f2", "f3", "f4"]), z.string()))
    .subscription(subscriptions.resolver<string>()),
});
const buildChain = (store: Store) =>
  subscriptions
    .router({ router })
    .store({ store })
    .routes.onMessage.filter({
      name: "wide",
      input: { f0: true, f1: true, f2: true, f3: true, f4: true },
    });

/** Values that make keys as long as they get. */
const input = Object.fromEntries(
  Object.keys(wide).map((field) => [field, "w".repeat(128)]),
) as typeof wide;
const key = filterKey({ name: "wide", ctx: [], input: Object.entries(input) });
const PAGE_BYTES = 1024 * 1024;

/** A management API that answers on the next turn, counts what is under way and what each connection got. */
function countingClient() {
  const posts: string[] = [];
  let underWay = 0;
  const most = { underWay: 0 };
  const client = new ApiGatewayManagementApiClient({
    endpoint: "http://127.0.0.1:9",
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    requestHandler: {
      async handle({ path, body }: { readonly path: string; readonly body: Uint8Array | string }) {
        most.underWay = Math.max(most.underWay, ++underWay);
        const { id } = JSON.parse(Buffer.from(body as Uint8Array).toString());
        posts.push(`${path.split("/").at(-1)}/${id}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
        underWay--;
        return { response: { statusCode: 200, headers: {}, body: new Uint8Array() } };
      },
    },
  });
  return { client, posts, most };
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

async function start(options: WorldOptions & { readonly concurrency?: number } = {}) {
  const { client, posts: posted, most } = countingClient();
  const { concurrency } = options;
  const publisher = { client, ...(concurrency !== undefined && { concurrency }) };
  const world = await startWorld(buildChain, { ...options, publisher });
  return { ...world, posted, most, publish: world.publisher.routes.onMessage.publish };
}

/** Reads every query a few rows at a time. */
const limitPages =
  (Limit: number): Plan =>
  ({ command }) =>
    command === "QueryCommand" ? { input: { Limit } } : undefined;

describe("C6 R4: more than 1 MB of subscribers", () => {
  it("get one message each, with a bounded number of posts under way", async () => {
    const { store, publish, posted, most, calls } = await start({ concurrency: 20 });
    const connections = range(Math.ceil(PAGE_BYTES / key.length / 100) + 1).map((n) => `c${n}`);
    const row = { path: "onMessage", ids: range(100), filters: [key] };
    for (const connectionId of connections) await addRows(store, { ...row, connectionId });
    const before = calls.length;
    const size = connections.length * 100;
    const report = await publish({ data: "hi", filter: { name: "wide", input } });
    expect(report).toEqual({ matched: size, delivered: size, gone: 0, failed: 0, complete: true });
    expect(calls.slice(before).map(({ command }) => command)).toEqual([
      // A small one first.
      "QueryCommand",
      "QueryCommand",
      "QueryCommand",
    ]);
    const everybody = connections.flatMap((id) => range(100).map((n) => `${id}/${n}`));
    expect(posted.toSorted()).toEqual(everybody.toSorted());
    expect(most.underWay).toBe(20);
  });

  it.each(clientVersions)("of one connection go with it (client %s)", async (version) => {
    const { store, join, gateway, seen, calls, table } = await start();
    const { client, connectionId, close } = join({}, version);
    const own = record<string>((on) => client.onMessage.subscribe(input, on));
    await own.started;
    const hookState = JSON.stringify({ input: "x".repeat(12_000), ctx: {} });
    const ids = range(99).map((n) => `row${n}`);
    const row = { path: "onMessage", ids, filters: [key], hookState };
    await addRows(store, { ...row, connectionId: await connectionId });
    expect((await table.routeRows()).length).toBe(200);
    const before = calls.length;
    own.unsubscribe();
    await close();
    await seen(({ type }) => type === "closed");
    await gateway.settled();
    expect(await table.routeRows()).toEqual([]);
    const commands = calls.slice(before).map(({ command }) => command);
    expect(commands.filter((command) => command === "QueryCommand").length).toBeGreaterThan(1);
  });
});

describe("pages", () => {
  it.each([1, 2, 3, 4, 5])(
    "L10: of two rows: %i subscribers get one message each",
    async (size) => {
      const { store, publish, posted } = await start({ plan: limitPages(2) });
      if (size > 0) {
        await addRows(store, { connectionId: "c", path: "onMessage", ids: range(size) });
      }
      expect(await publish({ data: "hi" })).toMatchObject({ matched: size, delivered: size });
      expect(posted.toSorted()).toEqual(range(size).map((n) => `c/${n}`));
    },
  );

  it.each([63, 64, 65, 100])(
    "L10: a pool of 64 posts to %i subscribers once each",
    async (size) => {
      const { store, publish, posted, most } = await start();
      await addRows(store, { connectionId: "c", path: "onMessage", ids: range(size) });
      expect(await publish({ data: "hi" })).toMatchObject({ matched: size, delivered: size });
      expect(new Set(posted).size).toBe(size);
      expect(posted.length).toBe(size);
      expect(most.underWay).toBeLessThanOrEqual(64);
      expect(most.underWay).toBeGreaterThan(1);
    },
  );

  it("L3: that hold nothing but expired rows do not end the search", async () => {
    const { store, publish, posted, table, calls } = await start({ plan: limitPages(2) });
    const past = dynamodb({ ...table, now: () => Date.now() - 4_000_000, ttlSeconds: -1_000 });
    await addRows(past, { connectionId: "expired", path: "onMessage", ids: range(7) });
    await addRows(store, { connectionId: "live", path: "onMessage", ids: range(3) });
    expect((await table.routeRows()).length).toBe(10);
    const before = calls.length;
    expect(await publish({ data: "hi" })).toMatchObject({ matched: 3, delivered: 3 });
    expect(calls.length - before).toBeGreaterThanOrEqual(5);
    expect(posted.toSorted()).toEqual(["live/0", "live/1", "live/2"]);
  });

  it("L2: that hold nothing but expired rows do not end the clean-up", async () => {
    const { store, table, publish } = await start({ plan: limitPages(2) });
    const connectionId = "c";
    await addRows(store, { connectionId, path: "onMessage", ids: ["first"] });
    const connection = await store.getConnection(connectionId);
    if (connection === undefined) throw new Error("not connected");
    const now = Math.floor(Date.now() / 1000);
    const expired = { ...connection, expireAt: now - 60 };
    const frame = { jsonrpc: false, requestTimeMs: 0, messageId: "m", path: "onMessage" };
    const routes = [{ path: "onMessage" }];
    const ids = range(7).map((n) => `a${n}`);
    await store.subscribe(
      expired,
      ids.map((id) => ({ ...frame, id, routes, shards: 1 })),
    );
    await store.disconnect(connectionId);
    const left = (await table.routeRows()).filter(({ expireAt }) => expireAt > now);
    expect(left).toEqual([]);
    expect((await table.routeRows()).length).toBe(7);
    expect(await publish({ data: "hi" })).toMatchObject({ matched: 0 });
  });
});

it.each(clientVersions)(
  "L4: what a batch leaves unprocessed is deleted in the end (client %s)",
  async (version) => {
    const batches: number[] = [];
    const plan: Plan = ({ command, input: asked }) => {
      if (command !== "BatchWriteItemCommand") return undefined;
      const tables = asked["RequestItems"] as Record<string, readonly unknown[]>;
      const [[tableName, requests] = ["", []]] = Object.entries(tables);
      batches.push(requests.length);
      const done = Math.ceil(requests.length / 2);
      const UnprocessedItems = { [tableName]: requests.slice(done) };
      return {
        input: { RequestItems: { [tableName]: requests.slice(0, done) } },
        edit: (output) => (done === requests.length ? output : { ...output, UnprocessedItems }),
      };
    };
    const { join, gateway, seen, table, errors } = await start({ plan });
    const { client, close } = join({}, version);
    const one = () => record<string>((on) => client.onMessage.subscribe(input, on));
    const subscribers = [one(), one(), one()];
    await Promise.all(subscribers.map(({ started }) => started));
    expect((await table.routeRows()).length).toBe(6);
    for (const { unsubscribe } of subscribers) unsubscribe();
    await close();
    await seen(({ type }) => type === "closed");
    await gateway.settled();
    expect(await table.routeRows()).toEqual([]);
    expect(batches.length).toBeGreaterThan(3);
    expect(errors).toEqual([]);
  },
);
