import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store, type SubscriptionsEvent } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { z } from "zod";
import type { Plan } from "../contract/observe.ts";
import { record } from "./client.ts";
import { addRows, startWorld } from "./publish/world.ts";

interface Session {
  readonly userId: string;
}

const t = initTRPC.context<Session>().create();
const input = z.object({ room: z.string(), key: z.string() });

/** A chain with every kind of filter, and everything that it told. */
async function listen(plan?: Plan) {
  const events: SubscriptionsEvent[] = [];
  const subscriptions = initSubscriptions<Session>({ onEvent: (event) => void events.push(event) });
  const router = t.router({
    onNote: t.procedure.input(input).subscription(subscriptions.resolver<string>()),
    echo: t.procedure.input(z.string()).query(({ input: text }) => text),
    refuses: t.procedure.input(z.string()).query((): never => {
      throw new Error("not today");
    }),
  });
  const build = (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.onNote.filter(
        { name: "byUser", ctx: { userId: true } },
        { name: "byRoom", input: { room: true } },
      );
  const world = await startWorld(build, plan === undefined ? {} : { plan });
  const note = (filter: "byUser" | "byRoom" | "everybody") =>
    world.publisher.routes.onNote.publish({
      data: "canary-data",
      ...(filter === "byUser" && { filter: { name: filter, ctx: { userId: "canary-user" } } }),
      ...(filter === "byRoom" && { filter: { name: filter, input: { room: "canary-room" } } }),
    });
  return { ...world, events, note };
}

const session = { userId: "canary-user", token: "canary-session" };
const room = { room: "canary-room", key: "canary-key" };
const durationMs = expect.any(Number);
const throttled = new TransactionCanceledException({
  $metadata: {},
  message: "Transaction cancelled",
  CancellationReasons: [{ Code: "None" }, { Code: "ThrottlingError" }],
});

it("the whole story of a client: who, which rows, whom each publish reached, the end", async () => {
  const { join, events, note, gateway, seen, errors } = await listen();
  const member = join(session);
  const { started, received, unsubscribe } = record<string>((on) =>
    member.client.onNote.subscribe(room, on),
  );
  await started;
  const connectionId = await member.connectionId;
  await note("everybody");
  await note("byUser");
  expect(await received(2)).toEqual(["canary-data", "canary-data"]);
  expect(await member.client.echo.query("canary-input")).toBe("canary-input");
  unsubscribe();
  await seen(
    ({ type, ...rest }) =>
      type === "management" && "body" in rest && String(rest.body).includes('"stopped"'),
  );
  await member.close();
  await seen(({ type }) => type === "closed");
  await gateway.settled();
  const published = {
    ...{ type: "published", by: "publish", fanOutId: expect.any(String), path: "onNote" },
    ...{ matched: 1, delivered: 1, gone: 0, failed: 0, complete: true, queued: false },
    ...{ duplicates: 0, durationMs },
  };
  const id = expect.any(Number);
  expect(events).toEqual([
    { type: "connected", connectionId, durationMs },
    {
      ...{ type: "subscribed", connectionId, id, path: "onNote" },
      ...{ filters: ["byUser", "byRoom"], rows: 4, durationMs },
    },
    { ...published, filters: "everybody" },
    { ...published, filters: ["byUser"] },
    { type: "called", connectionId, path: "echo", procedureType: "query", ok: true, durationMs },
    { type: "unsubscribed", connectionId, id, path: "onNote", by: "client" },
    { type: "disconnected", connectionId, subscriptions: 0, durationMs },
  ]);
  expect(errors).toEqual([]);
});

it("S15: whatever happens, no event holds a session, an input, data or the value of a filter", async () => {
  const { join, lock, events, note, publisher, table, errors, gateway, seen } = await listen();
  const member = join(session);
  const { started } = record<string>((on) => member.client.onNote.subscribe(room, on));
  await started;
  const rows = await table.rows();
  for (const filter of ["everybody", "byUser", "byRoom"] as const) await note(filter);
  await expect(member.client.refuses.query("canary-input")).rejects.toThrow("not today");
  const unknown = { name: "byUser", ctx: { userId: ["canary-value"] } } as never;
  await expect(
    publisher.routes.onNote.publish({ data: "canary", filter: unknown }),
  ).rejects.toThrow();
  await publisher.routes.onNote.complete({ name: "byRoom", input: { room: "canary-room" } });
  lock();
  await publisher.disconnect(await member.connectionId);
  // Its client comes back at once.
  await seen(({ type }) => type === "upgradeRefused");
  await gateway.settled();
  const told = new Set(events.map(({ type }) => type));
  expect([...told].toSorted()).toEqual(
    [
      ...[
        "connectionRefused",
        "called",
        "completed",
        "connected",
        "disconnected",
        "failed",
        "published",
        "rejected",
      ],
      ...["revoked", "subscribed", "unsubscribed"],
    ].toSorted(),
  );
  // An error's own fields are not enumerable.
  const text = JSON.stringify(events, (_, value) =>
    value instanceof Error ? `${value.message} ${value.stack} ${String(value.cause)}` : value,
  );
  expect(JSON.stringify(rows)).toContain("canary");
  expect(text).not.toContain("canary");
  const failures = events.flatMap((event) => (event.type === "failed" ? [event.error] : []));
  expect(failures).toEqual(errors.map(({ error }) => error));
});

it("a connection that died is told as gone once, with its subscriptions", async () => {
  const { store, events, note } = await listen();
  await addRows(store, { connectionId: "lost", path: "onNote", ids: [1, "2"] });
  expect(await note("everybody")).toMatchObject({ matched: 2, gone: 2 });
  expect(events).toMatchObject([
    { type: "gone", connectionId: "lost", subscriptions: 2, step: "publisher" },
    { type: "published", filters: "everybody", gone: 2, delivered: 0 },
  ]);
});

it("a throttled table is told with how often it refused", async () => {
  let refusals = 2;
  const plan: Plan = ({ command }) =>
    command === "TransactWriteItemsCommand" && refusals-- > 0 ? { refuse: throttled } : undefined;
  const { join, events, gateway } = await listen(plan);
  const member = join(session);
  const { started } = record<string>((on) => member.client.onNote.subscribe(room, on));
  await started;
  await gateway.settled();
  const connectionId = await member.connectionId;
  expect(events.slice(1)).toMatchObject([
    { type: "subscribed", connectionId },
    { type: "throttled", by: "table", times: 2, step: "handler", connectionId },
  ]);
});
