import { initTRPC, TRPCError, type TrackedEnvelope, tracked } from "@trpc/server";
import { drop, initSubscriptions, type OnDataOptions, type Store } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { z } from "zod";
import { clientVersions, record } from "../client.ts";
import { started, valuesOf } from "../wire/rawSocket.ts";
import { startWorld, type User } from "../wire/world.ts";

const subscriptions = initSubscriptions<User>();
const t = initTRPC.context<User & { readonly role: string; readonly token: string }>().create();

type Note = OnDataOptions<string, { topic: string }, { userId: string; role: string }>;

/** A route whose `onData` is the test's own. */
function dataBy(onData: (options: Note) => string | symbol | Promise<string | symbol>) {
  const router = t.router({
    onNote: t.procedure
      .input(z.object({ topic: z.string() }))
      .subscription(
        subscriptions.resolver<
          string,
          { input: { topic: string }; ctx: { userId: string; role: string } },
          "userId" | "role"
        >({ ctx: { userId: true, role: true }, onData: onData as (options: Note) => string }),
      ),
  });
  const chain = (store: Store) =>
    subscriptions
      .router({ router })
      .store({ store })
      .routes.onNote.filter({ name: "topic", input: { topic: true } });
  return { router, chain };
}

const serve = {
  handler: {
    createContext: ({ connection }: { connection: { session: User } }) => ({
      ...connection.session,
      role: connection.session.userId === "root" ? "admin" : "user",
      token: "canary",
    }),
  },
};

it.each(clientVersions)(
  "onData transforms or drops an event for each subscriber by itself (client %s)",
  async (version) => {
    const seen: Note[] = [];
    const { router, chain } = dataBy((options) => {
      seen.push(options);
      const { data, ctx, input } = options;
      if (data === "secret" && ctx.role !== "admin") return drop;
      return `${ctx.userId}/${input.topic}: ${data}`;
    });
    const { client, publisher, table } = await startWorld(chain, { serve });
    const [root, bob] = ["root", "bob"].map((user) => {
      const { client: caller } = client<typeof router>(version, { user });
      return record<string>((on) => caller.onNote.subscribe({ topic: "a" }, on));
    });
    await Promise.all([root?.started, bob?.started]);
    expect(JSON.stringify(await table.rows()), "C20: named ctx only").not.toContain("canary");
    expect(await publisher.routes.onNote.publish({ data: "secret" })).toMatchObject({
      matched: 2,
      delivered: 1,
      failed: 0,
    });
    await publisher.routes.onNote.publish({ data: "hello" });
    expect(await root?.received(2)).toEqual(["root/a: secret", "root/a: hello"]);
    expect(await bob?.received(1)).toEqual(["bob/a: hello"]);
    expect(seen[0]).toEqual({
      data: "secret",
      input: { topic: "a" },
      ctx: { userId: expect.any(String), role: expect.any(String) },
      path: "onNote",
      connectionId: expect.any(String),
      drop,
    });
  },
);

it("C9: an onData that throws for one subscriber leaves the others alone", async () => {
  const { chain } = dataBy(async ({ data, ctx }) => {
    if (ctx.userId === "poison") throw new TRPCError({ code: "FORBIDDEN", message: "poisoned" });
    return data;
  });
  const { open, publisher, errors, settle } = await startWorld(chain, { serve });
  const sockets = await Promise.all(["a", "poison", "b", "c"].map((user) => open(user)));
  for (const socket of sockets) {
    socket.subscribe(1, "onNote", { topic: "a" });
    await socket.next(started(1));
  }
  expect(await publisher.routes.onNote.publish({ data: "x" })).toMatchObject({
    matched: 4,
    delivered: 3,
    failed: 1,
    complete: true,
  });
  await settle(...sockets);
  expect(sockets.map((socket) => valuesOf(socket, 1))).toEqual([["x"], [], ["x"], ["x"]]);
  expect(errors.map(({ error }) => error.message)).toEqual(["poisoned"]);
});

it("onData of one subscriber cannot change what the next one gets by returning it", async () => {
  const { chain } = dataBy(({ data, ctx }) => `${data} for ${ctx.userId}`);
  const { open, publisher, settle } = await startWorld(chain, { serve });
  const sockets = await Promise.all(["a", "b"].map((user) => open(user)));
  for (const socket of sockets) socket.subscribe(1, "onNote", { topic: "a" });
  await settle(...sockets);
  await publisher.routes.onNote.publish({ data: "x" });
  await settle(...sockets);
  expect(sockets.map((socket) => valuesOf(socket, 1))).toEqual([["x for a"], ["x for b"]]);
});

it("T5: onData hands the event id on, so that no untracked frame clears the client's lastEventId", async () => {
  const router = t.router({
    onNote: t.procedure.subscription(
      subscriptions.resolver<TrackedEnvelope<string>>({
        onData: ({ data }) => tracked(data[0], `${data[1]}!`),
      }),
    ),
  });
  const chain = (store: Store) => subscriptions.router({ router }).store({ store });
  const { open, publisher } = await startWorld(chain, { serve });
  const socket = await open();
  socket.subscribe(1, "onNote");
  await socket.next(started(1));
  await publisher.routes.onNote.publish({ data: tracked("e1", "x") });
  const frame = await socket.next(({ result }) => result?.type === "data");
  expect(frame.result).toEqual({ type: "data", id: "e1", data: { id: "e1", data: "x!" } });
});

it("an input or a named ctx too large to keep is refused when subscribing", async () => {
  const { chain } = dataBy(({ data }) => data);
  const { open, liveRows } = await startWorld(chain, { serve });
  const socket = await open();
  socket.subscribe(1, "onNote", { topic: "x".repeat(20_000) });
  const { error } = await socket.next(({ id }) => id === 1);
  expect(error?.data.code).toBe("PAYLOAD_TOO_LARGE");
  expect(await liveRows()).toEqual([]);
});
