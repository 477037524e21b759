import { initTRPC, type TrackedEnvelope, tracked } from "@trpc/server";
import superjson from "superjson";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { z } from "zod";
import { clientVersions, record } from "../client.ts";
import { newestVersion } from "../trpcVersion.ts";
import { failed, started, valuesOf } from "./rawSocket.ts";
import { startWorld, type User } from "./world.ts";

const subscriptions = initSubscriptions<User>();

/** Every attribute of an item that the store is made of. */
const ATTRIBUTES = new Set(
  "pk sk expireAt state connectedAt apiId stage paramsExpected session connectionParams subscriptions recounts requestTimeMs messageId path routes hookState".split(
    " ",
  ),
);

class Database {
  readonly password = "canary-db";
  readonly self = this;
  query(): number {
    return 1;
  }
}

/** A context of things that DynamoDB cannot marshal, and a secret in most of them. */
function richContext(userId: string): User & Readonly<Record<string | symbol, unknown>> {
  return {
    userId,
    db: new Database(),
    now: new Date(),
    cache: new Map([["token", "canary-map"]]),
    big: 2n ** 70n,
    set: new Set(["canary-set"]),
    log: () => "canary-function",
    token: "canary-ctx",
    symbol: Symbol("canary-symbol"),
    [Symbol("key")]: "canary",
    bytes: new Uint8Array(8),
    nothing: undefined,
    notANumber: Number.NaN,
  };
}

it("C19: a context of class instances, Map, Date, bigint and functions is no hindrance and is not stored", async () => {
  const t = initTRPC.context<User & { readonly big: bigint; readonly token: string }>().create();
  const router = t.router({
    onNote: t.procedure.subscription(
      subscriptions.resolver<string, { ctx: { readonly userId: string } }, "userId">({
        ctx: { userId: true },
        onData: ({ data, ctx }) => `${ctx.userId}: ${data}`,
      }),
    ),
  });
  const chain = (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.onNote.filter({ name: "user", ctx: { userId: true, big: true } });
  const { client, publisher, table } = await startWorld(chain, {
    serve: {
      handler: {
        createContext: ({ connection }) => richContext(connection.session.userId) as never,
      },
    },
  });
  const { client: caller } = client<typeof router>(newestVersion, { user: "alice" });
  const notes = record<string>((on) => caller.onNote.subscribe(undefined, on));
  await notes.started;
  const ctx = { userId: "alice", big: 2n ** 70n };
  await publisher.routes.onNote.publish({ data: "hi", filter: { name: "user", ctx } });
  expect(await notes.received(1)).toEqual(["alice: hi"]);
  const rows = await table.rows();
  expect(rows.length).toBeGreaterThanOrEqual(4);
  for (const row of rows) {
    expect(Object.keys(row).filter((name) => !ATTRIBUTES.has(name))).toEqual([]);
  }
  expect(JSON.stringify(rows)).not.toContain("canary");
});

it("C21: an input filter and an input that is undefined, null or no object: the subscription lives without it", async () => {
  const t = initTRPC.context<User>().create();
  const router = t.router({
    onNote: t.procedure
      .input(z.union([z.object({ topic: z.string().nullish() }), z.string(), z.number()]).nullish())
      .subscription(subscriptions.resolver<string>()),
  });
  const chain = (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.onNote.filter({ name: "topic", input: { topic: true } } as never);
  const { open, settle, publisher, errors } = await startWorld(chain);
  const socket = await open();
  const inputs = [undefined, null, "topic", 5, {}, { topic: undefined }, { topic: null }];
  for (const [index, input] of inputs.entries()) {
    socket.subscribe(index, "onNote", input);
    await socket.next((frame) => frame.id === index);
  }
  socket.subscribe(99, "onNote", { topic: "topic" });
  await socket.next(started(99));
  const publish = (topic: string | null): Promise<object> =>
    publisher.routes.onNote.publish({
      data: String(topic),
      filter: { name: "topic", input: { topic } } as never,
    });
  expect(await publish("topic")).toMatchObject({ matched: 1, delivered: 1 });
  expect(await publish(null)).toMatchObject({ matched: 1, delivered: 1 });
  expect(await publisher.routes.onNote.publish({ data: "all" })).toMatchObject({ matched: 8 });
  await settle(socket);
  expect(valuesOf(socket, 99)).toEqual(["topic", "all"]);
  expect(valuesOf(socket, 6)).toEqual(["null", "all"]);
  for (const id of [0, 1, 2, 3, 4, 5]) expect(valuesOf(socket, id)).toEqual(["all"]);
  expect(errors).toEqual([]);
});

it.each(clientVersions)(
  "C19: Dates, Maps and bigints cross in both directions with superjson (client %s)",
  async (version) => {
    const t = initTRPC.context<User>().create({ transformer: superjson });
    const seen: unknown[] = [];
    const router = t.router({
      onNote: t.procedure.input(z.object({ since: z.date(), ids: z.set(z.bigint()) })).subscription(
        subscriptions.resolver<{ at: Date; tags: Map<string, bigint> }>({
          onData: ({ data, input }) => {
            seen.push(input);
            return data;
          },
        }),
      ),
      echo: t.procedure.input(z.date()).query(({ input }) => input),
    });
    const chain = (store: Store) => subscriptions.router({ router }).store({ store });
    const { client, publisher } = await startWorld(chain);
    const { client: caller } = client<typeof router>(version, { transformer: superjson });
    const input = { since: new Date("2024-02-29T12:00:00.123Z"), ids: new Set([1n, 2n ** 65n]) };
    const notes = record<unknown>((on) => caller.onNote.subscribe(input, on));
    await notes.started;
    const data = { at: new Date(0), tags: new Map([["a", 7n]]) };
    await publisher.routes.onNote.publish({ data });
    expect(await notes.received(1)).toEqual([data]);
    expect(seen).toEqual([input]);
    expect(await caller.echo.query(input.since)).toEqual(input.since);
  },
);

it("C17: an input that the transformer cannot read is BAD_REQUEST", async () => {
  const t = initTRPC.context<User>().create({ transformer: superjson });
  const router = t.router({ echo: t.procedure.input(z.date()).query(({ input }) => input) });
  const { open } = await startWorld((store) => subscriptions.router({ router }).store({ store }));
  const socket = await open();
  socket.send({ id: 1, method: "query", params: { path: "echo", input: null } });
  const { error } = await socket.next(failed(1));
  expect(JSON.stringify(error)).toContain("BAD_REQUEST");
});

it("T6: lastEventId is merged into the procedure's input, and changes no filter key", async () => {
  const t = initTRPC.context<User>().create();
  const seen: unknown[] = [];
  const input = z.object({ topic: z.string(), lastEventId: z.string().nullish() });
  const router = t.router({
    onNote: t.procedure.input(input).subscription(
      subscriptions.resolver<TrackedEnvelope<string>, { input: z.infer<typeof input> }>({
        async onStart(options) {
          seen.push(options.input);
        },
      }),
    ),
    onAny: t.procedure.input(z.unknown()).subscription(
      subscriptions.resolver<string>({
        async onStart(options) {
          seen.push(options.input);
        },
      }),
    ),
  });
  const chain = (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.onNote.filter({ name: "topic", input: { topic: true } });
  const { open, settle, publisher } = await startWorld(chain);
  const socket = await open();
  const subscribe = (id: number, path: string, own?: unknown): void =>
    socket.send({
      id,
      method: "subscription",
      params: { path, lastEventId: `e${id}`, ...(own === undefined ? {} : { input: own }) },
    });
  subscribe(1, "onNote", { topic: "a" });
  await settle(socket);
  for (const [index, own] of [undefined, null, "text", [1]].entries()) {
    subscribe(index + 2, "onAny", own);
    await settle(socket);
  }
  socket.send(
    '{"id":9,"method":"subscription","params":{"path":"onAny","lastEventId":"e9","input":{"__proto__":{"polluted":true}}}}',
  );
  await socket.next(started(9));
  expect(seen.slice(0, 5)).toEqual([
    { topic: "a", lastEventId: "e1" },
    { lastEventId: "e2" },
    { lastEventId: "e3" },
    "text",
    [1],
  ]);
  expect(Reflect.get(seen[5] as object, "polluted")).toBeUndefined();
  const filter = { name: "topic", input: { topic: "a" } } as const;
  expect(
    await publisher.routes.onNote.publish({ data: tracked("e10", "resumed"), filter }),
  ).toMatchObject({ delivered: 1 });
  const frame = await socket.next(({ id, result }) => id === 1 && result?.type === "data");
  expect(frame.result, "T5").toEqual({
    type: "data",
    id: "e10",
    data: { id: "e10", data: "resumed" },
  });
});
