import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { connectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import {
  adapterOf,
  type Context,
  type Failure,
  mutation,
  query,
  subscription,
  subscriptions,
  t,
} from "./harness.ts";

const router = t.router({
  hello: t.procedure.input(z.object({ name: z.string() })).query(({ input }) => input.name),
  fail: t.procedure.input(z.object({ x: z.number() })).mutation(() => {
    throw new Error("failed");
  }),
  guarded: t.procedure
    .use(() => {
      throw new Error("not you");
    })
    .subscription(subscriptions.resolver<string>()),
});

const createContext = (): Context => ({ value: "alice" });

describe("onError", () => {
  it.each<[what: string, frame: object, failure: Partial<Failure>]>([
    [
      "an error of a procedure",
      mutation(1, "fail", { x: 1 }),
      { type: "mutation", path: "fail", input: { x: 1 }, ctx: { value: "alice" } },
    ],
    [
      "a refused input",
      query(1, "hello", { name: 5 }),
      { type: "query", path: "hello", input: { name: 5 }, ctx: { value: "alice" } },
    ],
    [
      "an error of middleware",
      subscription(1, "guarded"),
      { type: "subscription", path: "guarded", input: undefined, ctx: { value: "alice" } },
    ],
    ["an unknown path", query(1, "nope.at.all"), { type: "query", path: "nope.at.all" }],
    ["a malformed message", [5], { type: "unknown", path: undefined, ctx: undefined }],
  ])("is told of %s, with tRPC's fields and the event as req", async (_what, frame, failure) => {
    const failures: Failure[] = [];
    const onError = (options: Failure): void => {
      failures.push(options);
    };
    const { open, handler } = adapterOf(router, { handler: { createContext, onError } });
    await open();
    const event = messageEvent(frame);
    await handler(event);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject(failure);
    expect(failures[0]?.req).toBe(event);
    expect(failures[0]?.error.name).toBe("TRPCError");
    expect(Object.keys(failures[0] ?? {}).toSorted()).toEqual([
      "ctx",
      "error",
      "input",
      "path",
      "req",
      "type",
    ]);
  });
});

describe("onError, further,", () => {
  it("C19: is given the input as procedures get it: through the transformer, with lastEventId", async () => {
    const own = initTRPC.context<Context>().create({ transformer: superjson });
    const { open, send, failures } = adapterOf(own.router({}));
    await open();
    const at = new Date(0);
    const params = { path: "nope", input: superjson.serialize({ at }), lastEventId: "e1" };
    await send({ id: 1, method: "subscription", params });
    await send({ id: 2, method: "query", params: { path: "nope", input: null } });
    expect(failures).toMatchObject([
      { path: "nope", input: { at, lastEventId: "e1" } },
      { path: "nope", input: undefined, error: { code: "BAD_REQUEST" } },
    ]);
  });

  it("has no ctx when createContext is what failed", async () => {
    const { open, send, failures } = adapterOf(router, {
      handler: { createContext: () => Promise.reject(new Error("no context")) },
    });
    await open();
    await send(query(1, "hello", { name: "x" }));
    expect(failures).toMatchObject([{ error: { message: "no context" }, path: "hello" }]);
    expect(failures[0]?.ctx).toBeUndefined();
  });

  it("C8: is told when an answer cannot be posted", async () => {
    const { open, send, failures } = adapterOf(router, { onPost: () => 403 });
    await open();
    await send(query(1, "hello", { name: "x" }));
    expect(failures).toMatchObject([
      { error: { cause: { name: "TransportError", failure: "forbidden" } } },
    ]);
  });

  it("is not told of a client that went: that is normal", async () => {
    const { open, send, failures } = adapterOf(router, { onPost: () => 410 });
    await open();
    await send(query(1, "hello", { name: "x" }));
    await send("PING");
    expect(failures).toEqual([]);
  });

  it("may be left out", async () => {
    const { chain, recording, open } = adapterOf(router);
    const handler = chain.handler({ client: recording.client });
    await open();
    expect(await handler(messageEvent(mutation(1, "fail", { x: 1 })))).toEqual({ statusCode: 200 });
    expect(recording.messages("connection")).toMatchObject([
      { id: 1, error: { message: "failed" } },
    ]);
  });
});

describe("an onError that is broken itself", () => {
  const rejections: unknown[] = [];
  const note = (reason: unknown): void => {
    rejections.push(reason);
  };
  beforeEach(() => {
    rejections.length = 0;
    process.on("unhandledRejection", note);
  });
  afterEach(() => {
    process.off("unhandledRejection", note);
  });

  it.each([
    [
      "throws",
      (): void => {
        throw new Error("broken");
      },
    ],
    [
      "rejects",
      async (): Promise<void> => {
        throw new Error("broken");
      },
    ],
  ])("C23: and %s costs no answer and no process", async (_how, onError) => {
    const { open, connect, send } = adapterOf(router, {
      handler: { onError },
      connect: { onError },
    });
    await open();
    expect(await send([query(1, "unknown"), query(2, "hello", { name: "x" })])).toHaveLength(2);
    expect(await connect(connectEvent({ connectionId: "../x" }))).toEqual({ statusCode: 500 });
    // Node tells of rejections nobody handles after the microtasks of the turn.
    await new Promise(setImmediate);
    expect(rejections).toEqual([]);
  });
});

it("C27: two invocations at once share no context, no input and no answer", async () => {
  const own = initTRPC.context<Context>().create();
  const waiting: (() => void)[] = [];
  const gated = own.router({
    who: own.procedure.input(z.string()).query(async ({ ctx, input }) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return [ctx.value, input];
    }),
  });
  const { open, send } = adapterOf(gated, {
    handler: { createContext: ({ connection }) => ({ value: connection.id }) },
  });
  const users = ["alice", "bob", "carol"];
  await Promise.all(users.map((user) => open(user)));
  const answers = users.map((user) => send(query(1, "who", user), { connectionId: user }));
  await vi.waitUntil(() => waiting.length === users.length, { interval: 1 });
  for (const go of waiting.toReversed()) go();
  expect(await Promise.all(answers)).toEqual(
    users.map((user) => [{ id: 1, result: { type: "data", data: [user, user] } }]),
  );
});
