import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { TRPCError } from "@trpc/server";
import { dynamodb, TableError } from "trpc-aws-subscriptions";
import { memory } from "trpc-aws-subscriptions/testing";
import { describe, expect, it } from "vitest";
import { adapterOf, mutation, query, subscription, subscriptions, t } from "./harness.ts";

const SECRET = "arn:aws:dynamodb:eu-central-1:123456789012:table/secret-table";

/** As the SDK throws it. */
const sdkError = (): Error =>
  Object.assign(new Error(`not authorized on ${SECRET}`), {
    name: "AccessDeniedException",
    $metadata: { httpStatusCode: 400 },
  });
const tableError = (): Error => new TableError("secret-table", `Table ${SECRET} does not exist`);

const errors = {
  sdk: sdkError,
  table: tableError,
  plain: () => new Error("No such room"),
  trpc: () => new TRPCError({ code: "CONFLICT", message: "Taken" }),
  explained: () =>
    new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: "Try later", cause: sdkError() }),
} as const;

const router = t.router({
  hello: t.procedure.query(() => "hello"),
  fail: t.procedure.mutation(({ ctx }) => {
    throw errors[ctx.value as keyof typeof errors]();
  }),
  onPing: t.procedure.subscription(subscriptions.resolver<string>()),
});

const masked = (frame: unknown): void => {
  const text = JSON.stringify(frame);
  expect(text).toContain('"message":"Internal server error"');
  expect(text).toContain('"code":"INTERNAL_SERVER_ERROR"');
  expect(text).not.toMatch(/secret|arn:|123456789012|AccessDenied|127\.0\.0\.1|stack|\bat /);
};

describe("S14: faults of the table never reach the client", () => {
  it.each(["sdk", "table"] as const)("%s: from the store itself", async (kind) => {
    const down = () => Promise.reject(errors[kind]());
    for (const method of ["getConnection", "subscribe"] as const) {
      const store = { ...memory(), [method]: down };
      const { open, send, failures } = adapterOf(router, { store });
      await open();
      masked(await send(subscription(1, "onPing")));
      // Who runs it is told everything.
      expect(failures).toMatchObject([{ error: { message: expect.stringContaining(SECRET) } }]);
    }
  });

  it.each(["sdk", "table"] as const)("%s: through a procedure, as of a publish", async (kind) => {
    const options = { handler: { createContext: () => ({ value: kind }) } };
    const { open, send, failures } = adapterOf(router, options);
    await open();
    masked(await send(mutation(1, "fail")));
    expect(failures).toMatchObject([{ error: { message: expect.stringContaining(SECRET) } }]);
  });

  it("through createContext", async () => {
    const createContext = () => Promise.reject(sdkError());
    const { open, send } = adapterOf(router, { handler: { createContext } });
    await open();
    masked(await send(query(1, "hello")));
  });

  it("as an address that does not answer", async () => {
    const dynamoDBClient = new DynamoDBClient({
      endpoint: "http://127.0.0.1:1",
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      maxAttempts: 1,
    });
    const store = dynamodb({ tableName: "secret-table", dynamoDBClient });
    const { open, send, failures } = adapterOf(router, { store });
    expect(await open()).toBe(500);
    masked(await send(query(1, "hello")));
    expect(failures.at(-1)?.error.message).toContain("ECONNREFUSED");
    dynamoDBClient.destroy();
  });

  it.each([
    ["plain", "INTERNAL_SERVER_ERROR", "No such room"],
    ["trpc", "CONFLICT", "Taken"],
    ["explained", "INTERNAL_SERVER_ERROR", "Try later"],
  ] as const)("%s: what a procedure means to say is said", async (kind, code, message) => {
    const options = { handler: { createContext: () => ({ value: kind }) } };
    const { open, send } = adapterOf(router, options);
    await open();
    expect(await send(mutation(1, "fail"))).toMatchObject([
      { id: 1, error: { message, data: { code, path: "fail" } } },
    ]);
  });
});

describe("S14: stack traces", () => {
  const stackOf = async (exposeStackTraces?: boolean): Promise<unknown> => {
    const handler = {
      createContext: () => ({ value: "plain" }),
      ...(exposeStackTraces === undefined ? {} : { exposeStackTraces }),
    };
    const { open, send } = adapterOf(router, { handler });
    await open();
    const [frame] = await send(mutation(1, "fail"));
    expect(frame?.error?.data["code"]).toBe("INTERNAL_SERVER_ERROR");
    return frame?.error?.data["stack"];
  };

  it("stay in Lambda although tRPC's isDev is on there", async () => {
    expect(router._def._config.isDev).toBe(true);
    expect(await stackOf()).toBeUndefined();
    expect(await stackOf(false)).toBeUndefined();
  });

  it("are sent when asked for", async () => {
    expect(await stackOf(true)).toMatch(/Error: No such room\n\s+at /);
  });
});
