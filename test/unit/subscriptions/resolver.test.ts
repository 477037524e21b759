import { callTRPCProcedure, initTRPC } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { BuilderError } from "../../../src/errors.ts";
import { definitionOf } from "../../../src/subscriptions/definitionOf.ts";
import { drop } from "../../../src/subscriptions/hooks.ts";
import {
  type Capture,
  captureOptions,
  createResolver,
} from "../../../src/subscriptions/resolver.ts";
import { createRouter, imports } from "./fixture.ts";

const t = initTRPC.context<{ userId: string; secret: string }>().create();

async function call(
  router: ReturnType<typeof t.router>,
  { path, input }: { path: string; input?: unknown },
): Promise<{ captures: Capture[]; result: unknown }> {
  const captures: Capture[] = [];
  const result: unknown = await callTRPCProcedure({
    router,
    type: "subscription",
    path,
    getRawInput: async () => input,
    ctx: { userId: "u1", secret: "s" },
    signal: undefined,
    batchIndex: 0,
    ...captureOptions((capture) => captures.push(capture)),
  });
  return { captures, result };
}

describe("capture", () => {
  it("reports parsed input, ctx after middleware and the definition", async () => {
    const schema = z.object({ n: z.number() });
    const router = t.router({
      a: t.procedure
        .use(({ next }) => next({ ctx: { role: "admin" } }))
        .input(z.object({ n: z.string().transform(Number) }))
        .subscription(createResolver(schema, { shards: 3 })),
    });
    const { captures } = await call(router, { path: "a", input: { n: "12" } });
    expect(captures).toEqual([
      {
        input: { n: 12 },
        ctx: { userId: "u1", secret: "s", role: "admin" },
        definition: { schema, hooks: { shards: 3 }, shards: 3 },
      },
    ]);
    expect(captures[0]?.definition).toBe(await definitionOf({ router }, "a"));
  });

  it("reports a wrapped resolver too", async () => {
    const router = t.router({
      a: t.procedure.subscription((options) => createResolver<string>()(options)),
    });
    const { captures } = await call(router, { path: "a" });
    expect(captures).toHaveLength(1);
  });

  it("reports nothing for a generator", async () => {
    const router = t.router({
      a: t.procedure.subscription(async function* () {
        yield 1;
      }),
    });
    const { captures } = await call(router, { path: "a" });
    expect(captures).toEqual([]);
  });

  it("is absent for other servers", async () => {
    const router = t.router({ a: t.procedure.subscription(createResolver<string>()) });
    const abort = new AbortController();
    const caller = router.createCaller({ userId: "", secret: "" }, { signal: abort.signal });
    const events: string[] = [];
    const reading = (async () => {
      for await (const event of await caller.a()) events.push(event);
    })();
    abort.abort();
    await reading;
    expect(events).toEqual([]);
  });
});

describe("resolver arguments", () => {
  const schema = z.string();
  const definition = (resolver: never) =>
    definitionOf({ router: t.router({ a: t.procedure.subscription(resolver) }) }, "a");

  it.each([
    ["nothing", [], { schema: undefined, hooks: {}, shards: 1 }],
    ["undefined", [undefined], { schema: undefined, hooks: {}, shards: 1 }],
    ["hooks", [{ shards: 2 }], { schema: undefined, hooks: { shards: 2 }, shards: 2 }],
    ["a schema", [schema], { schema, hooks: {}, shards: 1 }],
    ["a schema and hooks", [schema, { shards: 4 }], { schema, hooks: { shards: 4 }, shards: 4 }],
  ])("takes %s", async (_, args, expected) => {
    const resolver: unknown = Reflect.apply(createResolver, undefined, args);
    expect(await definition(resolver as never)).toEqual(expected);
  });

  it("takes a schema that is a function, as arktype's are", async () => {
    const type = Object.assign(() => undefined, { "~standard": schema["~standard"] });
    const resolver: unknown = Reflect.apply(createResolver, undefined, [type]);
    expect((await definition(resolver as never))?.schema).toBe(type);
  });

  it("keeps the hooks callable and drops ctx fields that are not true", async () => {
    const calls: unknown[] = [];
    const hooks = {
      ctx: { userId: true, secret: false },
      onStop: async (options: unknown) => {
        calls.push(options);
      },
      onData: () => drop,
    };
    const resolver: unknown = Reflect.apply(createResolver, undefined, [hooks]);
    const found = await definition(resolver as never);
    expect(found?.hooks.ctx).toEqual({ userId: true });
    await found?.hooks.onStop?.({ input: 1, ctx: {}, path: "a", connectionId: "c" });
    expect(calls).toEqual([{ input: 1, ctx: {}, path: "a", connectionId: "c" }]);
    expect(hooks.ctx).toEqual({ userId: true, secret: false });
  });

  it.each([
    [[{ shards: 0 }], "shards is 0"],
    [[{ shards: 1.5 }], "shards is 1.5"],
    [[{ shards: Number.NaN }], "shards is NaN"],
    [[{ shards: "2" }], 'shards is "2"'],
    [[{ onstart: () => undefined }], 'unknown option "onstart". Known: onStart, onGap, onData,'],
    [[{ onStart: "x" }], 'onStart is "x", not a function'],
    [[schema, { onData: 1 }], "onData is 1, not a function"],
    [
      [{ onData: undefined }],
      "onData is undefined, so everybody is sent every event as it is. Mend",
    ],
    [[schema, { onData: undefined }], "onData is undefined, so everybody is sent every event"],
    [[{ ctx: ["userId"] }], "expected an object such as { userId: true }"],
    [[{ ctx: { userId: 1 } }], '"userId" is a number'],
    [["string"], "expected a Standard Schema or hooks"],
    [[() => undefined], "expected a Standard Schema or hooks"],
    [[null], "expected a Standard Schema or hooks"],
    [[schema, null], "expected a Standard Schema or hooks"],
  ])("refuses %j", (args, message) => {
    const create = (): unknown => Reflect.apply(createResolver, undefined, args);
    expect(create).toThrow(BuilderError);
    expect(create).toThrow(message);
  });
});

describe("definitionOf", () => {
  it.each(["mine", "chat.room.onMessage", "later.own", "later.inner.onMessage"])(
    "finds %s",
    async (path) => {
      expect(await definitionOf({ router: createRouter() }, path)).toEqual({
        schema: undefined,
        hooks: {},
        shards: 1,
      });
    },
  );

  it.each([
    "",
    "missing",
    "chat",
    "chat.room",
    "later",
    "later.missing",
    "later.inner",
    "later.inner.missing",
    "query",
    "generator",
    "wrapped",
    "resolverOfQuery",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "mine.x",
  ])("is undefined for %j", async (path) => {
    expect(await definitionOf({ router: createRouter() }, path)).toBeUndefined();
  });

  it("loads a lazy router once for any number of callers", async () => {
    const router = createRouter();
    const before = imports.count;
    const found = await Promise.all(
      ["later.own", "later.inner.onMessage", "later.own", "later.nope"].map((path) =>
        definitionOf({ router }, path),
      ),
    );
    expect(found.map((definition) => definition?.shards)).toEqual([1, 1, 1, undefined]);
    expect(imports.count - before).toBe(1);
  });

  it("does not load lazy routers for other paths", async () => {
    const before = imports.count;
    const router = createRouter();
    await definitionOf({ router }, "mine");
    await definitionOf({ router }, "laterx.own");
    expect(imports.count).toBe(before);
  });

  it("rejects when a lazy router cannot be loaded", async () => {
    const router = t.router({
      broken: (await import("@trpc/server")).lazy(async () => {
        throw new Error("no such module");
      }),
    });
    await expect(definitionOf({ router }, "broken.a")).rejects.toThrow("no such module");
  });

  it("is not fooled by procedures on the prototype of the record", async () => {
    const router = createRouter();
    const procedures = Object.create({ "evil.path": router._def.procedures.mine });
    const fake = { ...router, _def: { ...router._def, procedures } };
    expect(await definitionOf({ router: fake }, "evil.path")).toBeUndefined();
  });
});
