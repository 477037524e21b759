import { TRPCError } from "@trpc/server";
import type { ConnectOptions } from "trpc-aws-subscriptions";
import { connectEvent, memory } from "trpc-aws-subscriptions/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { adapterOf, t } from "./harness.ts";

const NOW_MS = Date.parse("2026-11-20T12:00:00.250Z");
const NOW_SECONDS = Math.floor(NOW_MS / 1000);
/** Two hours of connection and 15 minutes of slack: ARCHITECTURE.md. */
const LONGEST_SECONDS = 8_100;

const router = t.router({ hello: t.procedure.query(() => "hello") });
const adapterWith = (connect: ConnectOptions<unknown>) => adapterOf(router, { connect });
/** As JavaScript would return it. */
const authorizeTo = (returned: unknown): ConnectOptions<unknown> => ({
  authorize: () => returned as never,
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW_MS });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("authorize refuses", () => {
  it.each([
    ["PARSE_ERROR", 400],
    ["BAD_REQUEST", 400],
    ["UNAUTHORIZED", 401],
    ["PAYMENT_REQUIRED", 402],
    ["FORBIDDEN", 403],
    ["NOT_FOUND", 404],
    ["METHOD_NOT_SUPPORTED", 405],
    ["TIMEOUT", 408],
    ["CONFLICT", 409],
    ["PRECONDITION_FAILED", 412],
    ["PAYLOAD_TOO_LARGE", 413],
    ["UNSUPPORTED_MEDIA_TYPE", 415],
    ["UNPROCESSABLE_CONTENT", 422],
    ["PRECONDITION_REQUIRED", 428],
    ["TOO_MANY_REQUESTS", 429],
    ["CLIENT_CLOSED_REQUEST", 499],
    ["INTERNAL_SERVER_ERROR", 500],
    ["NOT_IMPLEMENTED", 501],
    ["BAD_GATEWAY", 502],
    ["SERVICE_UNAVAILABLE", 503],
    ["GATEWAY_TIMEOUT", 504],
  ] as const)(
    "with %s: the handshake fails with %i, and nothing is stored",
    async (code, status) => {
      const refuse = () => {
        throw new TRPCError({ code });
      };
      for (const authorize of [refuse, async () => refuse()]) {
        const { connect, failures, store } = adapterWith({ authorize });
        expect(await connect(connectEvent())).toEqual({ statusCode: status });
        expect(failures).toMatchObject([{ error: { code }, path: undefined }]);
        expect(await store.getConnection("connection")).toBeUndefined();
      }
    },
  );

  it("with a TRPCError of another copy of @trpc/server, as of CJS beside ESM", async () => {
    const foreign = Object.assign(new Error("no"), { name: "TRPCError", code: "UNAUTHORIZED" });
    expect(foreign).not.toBeInstanceOf(TRPCError);
    const { open } = adapterWith({ authorize: () => Promise.reject(foreign) });
    expect(await open()).toBe(401);
  });

  it.each([new Error("secret detail"), new TypeError("x"), "text", undefined, null, { code: 401 }])(
    "with %j: the handshake fails with 500 and no detail",
    async (thrown) => {
      const { connect, failures } = adapterWith({ authorize: () => Promise.reject(thrown) });
      expect(await connect(connectEvent())).toEqual({ statusCode: 500 });
      expect(failures).toHaveLength(1);
    },
  );

  it.each([undefined, null, true, "alice", 1, [], {}, { expireAtSeconds: NOW_SECONDS + 60 }])(
    "by mistake, returning %j: 500, for a forgotten session must not let everybody in",
    async (returned) => {
      const { open, failures, store } = adapterWith(authorizeTo(returned));
      expect(await open()).toBe(500);
      expect(failures[0]?.error.message).toBe("authorize must return { session } or throw");
      expect(await store.getConnection("connection")).toBeUndefined();
    },
  );
});

describe("the session", () => {
  it("is kept as JSON with the connection", async () => {
    const session = { userId: "ålice", roles: ["a"], at: null };
    const { open, store } = adapterWith({ authorize: () => ({ session }) });
    expect(await open()).toBe(200);
    const stored = (await store.getConnection("connection"))?.session;
    expect(JSON.parse(stored ?? "")).toEqual(session);
  });

  it("may be undefined", async () => {
    const { open, store } = adapterWith({ authorize: () => ({ session: undefined }) });
    expect(await open()).toBe(200);
    expect(await store.getConnection("connection")).not.toHaveProperty("session");
  });

  it.each([
    ["x".repeat(8_190), 200],
    ["x".repeat(8_191), 500],
    ["é".repeat(4_095), 200],
    ["é".repeat(4_096), 500],
  ])("S12: has at most 8,192 bytes of JSON (case %#)", async (session, status) => {
    const { open, failures } = adapterWith({ authorize: () => ({ session }) });
    expect(await open()).toBe(status);
    if (status === 500)
      expect(failures[0]?.error.message).toMatch(/session of 819[34] bytes; at most 8192/);
  });

  it.each([
    { a: 1n },
    Object.assign([], {
      toJSON: () => {
        throw new Error("no");
      },
    }),
  ])("that is no JSON is a failure, not a session (case %#)", async (session) => {
    expect(await adapterWith({ authorize: () => ({ session }) }).open()).toBe(500);
  });
});

describe("expiry", () => {
  const expireAt = async (expireAtSeconds?: number): Promise<number | undefined> => {
    const options = expireAtSeconds === undefined ? {} : { expireAtSeconds };
    const { open, store } = adapterWith({ authorize: () => ({ session: 1, ...options }) });
    expect(await open()).toBe(200);
    return (await store.getConnection("connection"))?.expireAt;
  };

  it("S9: is the session's, or the longest connection's with its slack if that comes first", async () => {
    expect(await expireAt(NOW_SECONDS + 60)).toBe(NOW_SECONDS + 60);
    expect(await expireAt(NOW_SECONDS + LONGEST_SECONDS)).toBe(NOW_SECONDS + LONGEST_SECONDS);
    expect(await expireAt(NOW_SECONDS + LONGEST_SECONDS + 1)).toBe(NOW_SECONDS + LONGEST_SECONDS);
    expect(await expireAt()).toBe(NOW_SECONDS + LONGEST_SECONDS);
  });

  it("C22: is whole seconds", async () => {
    const connect = vi.fn(async () => undefined);
    const { open } = adapterOf(router, {
      store: { ...memory(), connect },
      connect: { authorize: () => ({ session: 1, expireAtSeconds: NOW_SECONDS + 60.9 }) },
    });
    await open();
    const expireAtSeconds = expect.objectContaining({ expireAt: NOW_SECONDS + 60 });
    expect(connect).toHaveBeenCalledExactlyOnceWith(expireAtSeconds);
  });

  it.each([NOW_SECONDS, NOW_SECONDS - 1, 0, -1])("S9: %i is over: 401", async (expireAtSeconds) => {
    const { open } = adapterWith({ authorize: () => ({ session: 1, expireAtSeconds }) });
    expect(await open()).toBe(401);
  });

  it.each([NOW_MS, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "%d is refused with the unit: milliseconds would never expire",
    async (expireAtSeconds) => {
      const { open, failures } = adapterWith({
        authorize: () => ({ session: 1, expireAtSeconds }),
      });
      expect(await open()).toBe(500);
      expect(failures[0]?.error.message).toContain("give epoch seconds, not ms");
    },
  );
});

describe("the connection", () => {
  it("is stored with API, time and announced connectionParams", async () => {
    const { connect, store } = adapterOf(router);
    const requestContext = { apiId: "abc", stage: "$default", connectedAt: NOW_MS - 40 };
    await connect(connectEvent({ connectionId: "Ab_c=", requestContext }));
    expect(await store.getConnection("Ab_c=")).toEqual({
      connectionId: "Ab_c=",
      api: { apiId: "abc", stage: "$default" },
      connectedAt: NOW_MS - 40,
      expireAt: Math.floor((NOW_MS - 40) / 1000) + LONGEST_SECONDS,
      paramsExpected: false,
    });
  });

  it.each([
    [{ connectionParams: "1" }, true],
    [{ x: "2", connectionParams: "1" }, true],
    [{ connectionParams: "0" }, false],
    [{ connectionParams: "" }, false],
    [{}, false],
    [undefined, false],
  ])("T8: query %j announces connectionParams: %s", async (query, paramsExpected) => {
    const { connect, store } = adapterOf(router);
    await connect(connectEvent(query === undefined ? {} : { query }));
    expect(await store.getConnection("connection")).toMatchObject({ paramsExpected });
  });

  it("C17: is refused with 500 when the table does not answer, and the reason stays inside", async () => {
    const down = Object.assign(new Error("table secret-table"), { $metadata: {} });
    const store = { ...memory(), connect: () => Promise.reject(down) };
    const { connect, failures } = adapterOf(router, { store });
    expect(await connect(connectEvent())).toEqual({ statusCode: 500 });
    expect(failures).toMatchObject([{ error: { cause: down } }]);
  });
});
