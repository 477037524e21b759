import { BuilderError } from "trpc-aws-subscriptions";
import { expect, it } from "vitest";
import { adapterOf, query, t } from "./harness.ts";

const router = t.router({ hello: t.procedure.query(() => "hello") });

it.each([
  [{ maxBatchSize: Number.NaN }, "maxBatchSize is NaN, not a number of 1 or more"],
  [{ maxBatchSize: 0 }, "maxBatchSize is 0, not a number of 1 or more"],
  [{ connectionParamsTimeoutMs: Number.NaN }, "connectionParamsTimeoutMs is NaN"],
  [{ connectionParamsTimeoutMs: -1 }, "connectionParamsTimeoutMs is -1, not a number of 0 or more"],
  [
    { connectionParamsTimeoutMs: "3" as never },
    'connectionParamsTimeoutMs is "3", not a number of 0 or more',
  ],
  [{ handOverAfterMs: Number.NaN }, "handOverAfterMs is NaN"],
  [{ handOverAfterMs: Number.NEGATIVE_INFINITY }, "handOverAfterMs is -Infinity"],
])("handler() refuses %j before any frame", (handler, message) => {
  const make = () => adapterOf(router, { handler });
  expect(make).toThrow(BuilderError);
  expect(make).toThrow(`handler(): ${message}`);
});

it.each([
  { maxBatchSize: 1, connectionParamsTimeoutMs: 0, handOverAfterMs: 0 },
  {
    maxBatchSize: Number.POSITIVE_INFINITY,
    connectionParamsTimeoutMs: Number.POSITIVE_INFINITY,
    handOverAfterMs: Number.POSITIVE_INFINITY,
  },
])("handler() takes %j", async (handler) => {
  const { open, send } = adapterOf(router, { handler });
  await open();
  expect(await send([query(1, "hello")])).toEqual([
    { id: 1, result: { type: "data", data: "hello" } },
  ]);
});
