import { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import type { LambdaContext } from "trpc-aws-subscriptions";
import {
  connectEvent,
  memory,
  messageEvent,
  recordingClient,
} from "trpc-aws-subscriptions/testing";
import { expect, it, vi } from "vitest";
import { adapterOf, query, subscription, subscriptions, t } from "./harness.ts";

/** Kept for answers at the end of an invocation, of which the last 200 ms are kept for returning. */
const KEPT_MS = 1_500;

/** A Lambda context with this much time left for work. */
const contextWith = (workMs: number): LambdaContext => {
  const endsAt = Date.now() + workMs + KEPT_MS;
  return { getRemainingTimeInMillis: () => endsAt - Date.now() };
};

const never = (): Promise<never> => new Promise(() => undefined);
const seen: { signals: (AbortSignal | undefined)[]; late: () => void } = {
  signals: [],
  late: () => undefined,
};

const router = t.router({
  hello: t.procedure.query(() => "hello"),
  slow: t.procedure.query(() => new Promise((resolve) => setTimeout(resolve, 20, "slow"))),
  hangs: t.procedure.query(({ signal }) => {
    seen.signals.push(signal);
    return never();
  }),
  late: t.procedure.query(
    () =>
      new Promise<string>((resolve) => {
        seen.late = () => resolve("late");
      }),
  ),
  hangsFirst: t.procedure
    .use(async ({ next }) => {
      await new Promise<void>((resolve) => {
        seen.late = resolve;
      });
      return next();
    })
    .subscription(subscriptions.resolver<string>()),
  endless: t.procedure.subscription(async function* ({ signal }) {
    yield 1;
    await new Promise((resolve) => signal?.addEventListener("abort", resolve));
  }),
  deaf: t.procedure.subscription(async function* () {
    yield 1;
    await never();
  }),
});

const timeoutOf = (id: number) =>
  expect.objectContaining({
    id,
    error: expect.objectContaining({ data: expect.objectContaining({ code: "TIMEOUT" }) }),
  });

it("race R7: every pending request is answered with TIMEOUT before the invocation ends", async () => {
  const store = memory();
  const { open, send, frames, failures } = adapterOf(router, { store });
  await open();
  const context = contextWith(300);
  const requests = [
    query(1, "hangs"),
    subscription(2, "hangsFirst"),
    query(3, "hello"),
    subscription(4, "endless"),
    subscription(5, "deaf"),
  ];
  await send(requests, { context });
  expect(context.getRemainingTimeInMillis?.()).toBeGreaterThan(0);
  expect(frames()).toContainEqual({ id: 3, result: { type: "data", data: "hello" } });
  for (const id of [1, 2, 4, 5]) {
    expect(
      frames()
        .filter((frame) => frame.id === id)
        .at(-1),
    ).toEqual(timeoutOf(id));
  }
  expect(failures.filter(({ error }) => error.code === "TIMEOUT")).toHaveLength(4);
  // A generator's subscription is over with its invocation.
  expect(
    await store.getSubscriptions([4, 5].map((id) => ({ connectionId: "connection", id }))),
  ).toEqual([]);
});

it("race R7: procedures see the abort; a normal end leaves their signal alone", async () => {
  const { open, send } = adapterOf(router);
  await open();
  seen.signals = [];
  await send(query(1, "hangs"), { context: contextWith(20) });
  expect(seen.signals.map((signal) => signal?.aborted)).toEqual([true]);
});

it("T3: a result that comes after the TIMEOUT is not sent as a second answer", async () => {
  const { open, handler, frames } = adapterOf(router);
  await open();
  const invocation = handler(messageEvent(query(1, "late")), contextWith(20));
  await vi.waitUntil(() => frames().length > 0, { interval: 1 });
  seen.late();
  await invocation;
  expect(frames()).toEqual([timeoutOf(1)]);
});

it("race R7: a subscription whose middleware ends after the TIMEOUT stores nothing", async () => {
  const store = memory();
  const subscribe = vi.spyOn(store, "subscribe");
  const { open, handler, frames } = adapterOf(router, { store });
  await open();
  const invocation = handler(messageEvent(subscription(1, "hangsFirst")), contextWith(20));
  await vi.waitUntil(() => frames().length > 0, { interval: 1 });
  seen.late();
  await invocation;
  expect(frames()).toEqual([timeoutOf(1)]);
  expect(subscribe).not.toHaveBeenCalled();
});

it("race R8: requests that wait for connectionParams are answered at the deadline too", async () => {
  const { connect, send } = adapterOf(router);
  await connect(connectEvent({ query: { connectionParams: "1" } }));
  expect(await send(query(1, "hello"), { context: contextWith(50) })).toEqual([timeoutOf(1)]);
});

it("T8: connectionParams that never come are a TIMEOUT after connectionParamsTimeoutMs", async () => {
  const { connect, send } = adapterOf(router, { handler: { connectionParamsTimeoutMs: 40 } });
  await connect(connectEvent({ query: { connectionParams: "1" } }));
  expect(await send(query(1, "hello"))).toMatchObject([
    { id: 1, error: { message: "connectionParams did not arrive within 40 ms" } },
  ]);
});

it("race R16: an API that does not answer does not hold the invocation beyond its time", async () => {
  const requestHandler = { handle: never };
  const client = new ApiGatewayManagementApiClient({
    endpoint: "https://abc.execute-api.us-east-1.amazonaws.com/test",
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    requestHandler,
  });
  const { open, send, failures } = adapterOf(router, { handler: { client } });
  await open();
  const endsAt = Date.now() + 400;
  const context = { getRemainingTimeInMillis: () => endsAt - Date.now() };
  await send(query(1, "hello"), { context });
  expect(context.getRemainingTimeInMillis()).toBeGreaterThan(0);
  expect(failures.at(-1)?.error.message).toContain("no answer");
});

it("race R7: a TIMEOUT whose first post hangs is posted again in the time that is kept for it", async () => {
  const { client, messages } = recordingClient();
  const { requestHandler } = client.config;
  let posts = 0;
  const handle = (...given: Parameters<typeof requestHandler.handle>) => {
    posts++;
    return posts === 1 ? never() : requestHandler.handle(...given);
  };
  client.config.requestHandler = { ...requestHandler, handle };
  const { open, send, failures } = adapterOf(router, { handler: { client } });
  await open();
  await send(query(1, "hangs"), { context: contextWith(20) });
  expect(messages("connection")).toEqual([timeoutOf(1)]);
  expect(failures.map(({ error }) => error.code)).toEqual(["TIMEOUT"]);
});

it.each(["stop", "setConnectionParams", "disconnect"] as const)(
  "race R16: a table that hangs at %s does not hold the invocation, nor its answers",
  async (method) => {
    const store = { ...memory(), [method]: never };
    const { open, send, failures } = adapterOf(router, {
      store,
      onPost: ({ frame }) => (method === "disconnect" && frame.includes('"id":2') ? 410 : 200),
    });
    await open();
    const context = contextWith(30);
    const frames = await send(
      [
        { method: "connectionParams", data: null },
        { id: 1, method: "subscription.stop" },
        query(2, "hello"),
        query(3, "hangs"),
      ],
      { context },
    );
    expect(context.getRemainingTimeInMillis?.()).toBeGreaterThan(0);
    expect(frames).toContainEqual(timeoutOf(3));
    expect(failures.map(({ error }) => error.code)).toContain("TIMEOUT");
  },
);

it.each([Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, 2 ** 31 + KEPT_MS])(
  "a context with %d ms left, as a test may give it, has no deadline",
  async (remainingMs) => {
    const { open, send } = adapterOf(router);
    await open();
    const context = { getRemainingTimeInMillis: () => remainingMs };
    const frames = await send(query(1, "slow"), { context });
    expect(frames).toEqual([{ id: 1, result: { type: "data", data: "slow" } }]);
  },
);

it("race R32: leaves no timer and no handle, whether it ended normally or at the deadline", async () => {
  const { open, send } = adapterOf(router);
  await open();
  // The test runner has timers of its own, so ours are asked one by one.
  const handles = (): readonly string[] =>
    process.getActiveResourcesInfo().filter((name) => !/^(Timeout|Immediate)$/.test(name));
  const before = handles();
  const setTimer = vi.spyOn(globalThis, "setTimeout");
  await send([query(1, "hello"), subscription(2, "endless"), query(3, "unknown"), "PING"], {
    context: contextWith(30),
  });
  await send("PING", { context: contextWith(60_000) });
  await send(query(4, "hello"), { context: contextWith(60_000) });
  // Node marks a timer so when it has fired or was cleared.
  const isOver = setTimer.mock.results.map(({ value }) => Reflect.get(value, "_destroyed"));
  setTimer.mockRestore();
  expect(isOver.length).toBeGreaterThan(6);
  expect(isOver.filter((over) => over !== true)).toHaveLength(0);
  expect(handles()).toEqual(before);
});
