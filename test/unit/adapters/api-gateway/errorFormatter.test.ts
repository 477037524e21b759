import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { describe, expect, it } from "vitest";
import {
  adapterOf,
  type Context,
  query,
  type ServerFrame,
  subscription,
  subscriptions,
} from "./harness.ts";

type Formatter = NonNullable<
  NonNullable<
    Parameters<ReturnType<typeof initTRPC.context<Context>>["create"]>[0]
  >["errorFormatter"]
>;

/** A router with a formatter, one query that works and one that fails. */
const failing = (errorFormatter: Formatter, message = "failed") => {
  const t = initTRPC.context<Context>().create({ errorFormatter });
  return t.router({
    works: t.procedure.query(() => "works"),
    fails: t.procedure.query(() => {
      throw new Error(message);
    }),
  });
};

const answered = async (router: ReturnType<typeof failing>) => {
  const adapter = adapterOf(router, { handler: { createContext: () => ({ value: "alice" }) } });
  await adapter.open();
  const frames = await adapter.send([query(1, "works"), query(2, "fails", { x: 1 })]);
  expect(frames.find(({ id }) => id === 1)).toEqual({
    id: 1,
    result: { type: "data", data: "works" },
  });
  expect(frames).toHaveLength(2);
  return { ...adapter, error: frames.find(({ id }) => id === 2)?.error };
};

/** What a client gets when the formatter is of no use. */
const FALLBACK: ServerFrame["error"] = {
  message: "Internal server error",
  code: -32_603,
  data: { code: "INTERNAL_SERVER_ERROR", httpStatus: 500, path: "fails" },
};

describe("errorFormatter", () => {
  it("is given error, path, type, input and context, and decides the shape", async () => {
    const seen: unknown[] = [];
    const { error } = await answered(
      failing((options) => {
        seen.push(options);
        return { ...options.shape, data: { ...options.shape.data, extra: 1 } };
      }),
    );
    expect(seen).toMatchObject([
      {
        error: { message: "failed" },
        type: "query",
        path: "fails",
        input: { x: 1 },
        ctx: { value: "alice" },
      },
    ]);
    expect(error).toMatchObject({ message: "failed", data: { extra: 1, path: "fails" } });
  });

  it("that throws leaves the client with an answer, and onError with both errors", async () => {
    const { error, failures } = await answered(
      failing(() => {
        throw new Error("broken formatter");
      }),
    );
    expect(error).toEqual(FALLBACK);
    expect(failures.map((failure) => failure.error.message)).toEqual([
      "failed",
      "broken formatter",
    ]);
  });

  it.each<[what: string, data: () => object]>([
    ["more than 128 KB", () => ({ dump: "x".repeat(131_072) })],
    ["more than 128 KB of two-byte characters", () => ({ dump: "é".repeat(70_000) })],
    ["a bigint", () => ({ big: 1n })],
    [
      "a circle",
      () => {
        const circle: Record<string, unknown> = {};
        circle["self"] = circle;
        return circle;
      },
    ],
  ])("that makes %s leaves the client with an answer", async (_what, data) => {
    const formatter: Formatter = ({ shape }) => ({ ...shape, data: { ...shape.data, ...data() } });
    expect((await answered(failing(formatter))).error).toEqual(FALLBACK);
  });

  it("race R18: an error message beyond 128 KB does not cost the answer either", async () => {
    const { error } = await answered(failing(({ shape }) => shape, "x".repeat(200_000)));
    expect(error).toEqual(FALLBACK);
  });

  it("S14: cannot pass on the stack by handing data through", async () => {
    const { error } = await answered(
      failing(({ shape, error: { stack } }) => ({ ...shape, data: { ...shape.data, stack } })),
    );
    expect(error?.message).toBe("failed");
    expect(error?.data).not.toHaveProperty("stack");
  });
});

describe("transformer", () => {
  it("is applied to errors", async () => {
    const t = initTRPC.context<Context>().create({ transformer: superjson });
    const { open, send } = adapterOf(t.router({}));
    await open();
    const [frame] = await send(query(1, "unknown", superjson.serialize(undefined)));
    const error: unknown = frame?.error;
    expect(superjson.deserialize(error as never)).toMatchObject({ data: { code: "NOT_FOUND" } });
  });

  it("C19: an input that it cannot read is BAD_REQUEST, with the request's id", async () => {
    const t = initTRPC.context<Context>().create({
      transformer: {
        input: {
          serialize: (value) => value,
          deserialize: () => {
            throw new Error("cannot read");
          },
        },
        output: { serialize: (value) => value, deserialize: (value) => value },
      },
    });
    const { open, send } = adapterOf(t.router({ hello: t.procedure.query(() => "hello") }));
    await open();
    expect(await send(query(1, "hello", "input"))).toMatchObject([
      {
        id: 1,
        error: { message: "The input cannot be deserialised", data: { code: "BAD_REQUEST" } },
      },
    ]);
  });

  it("that cannot write anything costs its own answer, not the others of the frame", async () => {
    const serialize = (): never => {
      throw new Error("cannot write");
    };
    const t = initTRPC.context<Context>().create({
      transformer: {
        input: { serialize: (value) => value, deserialize: (value) => value },
        output: { serialize, deserialize: (value) => value },
      },
    });
    const router = t.router({
      hello: t.procedure.query(() => "hello"),
      onPing: t.procedure.subscription(subscriptions.resolver<string>()),
    });
    const { open, send, failures } = adapterOf(router);
    await open();
    const frames = await send([query(1, "hello"), subscription(2, "onPing")]);
    expect(frames).toEqual([{ id: 2, result: { type: "started" } }]);
    expect(new Set(failures.map(({ error }) => error.message))).toEqual(new Set(["cannot write"]));
  });
});
