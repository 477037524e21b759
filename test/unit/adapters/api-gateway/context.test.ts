import type { CreateContextOptions } from "trpc-aws-subscriptions";
import { connectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import { describe, expect, it } from "vitest";
import { type AdapterOptions, adapterOf, query, t } from "./harness.ts";

const router = t.router({ ctx: t.procedure.query(({ ctx }) => ctx) });

const authorizer = { principalId: "u1", integrationLatency: 12, admin: "true" };

/** The context a query sees. */
const contextOf = async (options: AdapterOptions, requestAuthorizer?: object): Promise<unknown> => {
  const { open, handler, frames, failures } = adapterOf(router, options);
  await open();
  const requestContext = requestAuthorizer === undefined ? {} : { authorizer: requestAuthorizer };
  await handler(messageEvent(query(1, "ctx"), { requestContext } as object));
  expect(failures).toEqual([]);
  return frames()[0]?.result?.data;
};

const authorizeTo = (session: unknown): AdapterOptions => ({
  connect: { authorize: () => ({ session }) },
});

describe("the context without createContext", () => {
  it("is the session", async () => {
    expect(await contextOf(authorizeTo({ userId: "alice" }))).toEqual({ userId: "alice" });
  });

  it("is the session even where a Lambda authorizer is", async () => {
    expect(await contextOf(authorizeTo({ userId: "alice" }), authorizer)).toEqual({
      userId: "alice",
    });
  });

  it("is what the Lambda authorizer returned, without API Gateway's own field", async () => {
    expect(await contextOf({}, authorizer)).toEqual({ principalId: "u1", admin: "true" });
  });

  it("is empty without either", async () => {
    expect(await contextOf({})).toEqual({});
  });
});

/** What `createContext` is called with for one frame. */
const given = async (frame: unknown, connect: Parameters<typeof connectEvent>[0] = {}) => {
  const calls: CreateContextOptions<unknown>[] = [];
  const { chain, recording, failures } = adapterOf(router);
  const connectHandler = chain.connect({ authorize: () => ({ session: { userId: "alice" } }) });
  const handler = chain.handler({
    client: recording.client,
    createContext: (options) => {
      calls.push(options);
      return {};
    },
  });
  await connectHandler(connectEvent(connect));
  const event = messageEvent(frame);
  const context = { awsRequestId: "r" };
  await handler(event, context);
  expect(calls).toHaveLength(1);
  expect(failures).toEqual([]);
  return { event, context, options: calls[0] };
};

describe("createContext", () => {
  it("wins over session and authorizer", async () => {
    const options = { ...authorizeTo({ a: 1 }), handler: { createContext: () => ({ b: 2 }) } };
    expect(await contextOf(options, authorizer)).toEqual({ b: 2 });
  });

  it("is given event, Lambda context and connection", async () => {
    const connectedAt = 1_731_324_924_553;
    const { event, context, options } = await given(query(1, "ctx"), {
      requestContext: { connectedAt: Date.now() },
    });
    expect(options?.event).toBe(event);
    expect(options?.context).toBe(context);
    expect(options?.connection).toEqual({
      id: "connection",
      connectedAt: expect.any(Date),
      session: { userId: "alice" },
      connectionParams: null,
    });
    expect(options?.connection.connectedAt.getTime()).toBeGreaterThan(connectedAt);
  });

  it("is given tRPC's info: every call of the frame, with its raw input", async () => {
    const { options } = await given([query(1, "ctx", { x: 1 }), "no message", query(2, "other")]);
    expect(options?.info).toMatchObject({
      accept: null,
      type: "unknown",
      isBatchCall: true,
      connectionParams: null,
      url: null,
    });
    expect(options?.info.signal.aborted).toBe(false);
    expect(options?.info.calls).toMatchObject([
      { path: "ctx", batchIndex: 0 },
      { path: "other", batchIndex: 2 },
    ]);
    expect(await options?.info.calls[0]?.getRawInput()).toEqual({ x: 1 });
    expect((await given(query(1, "ctx"))).options?.info.isBatchCall).toBe(false);
  });

  it("T8: is given the connectionParams that came in a frame of their own", async () => {
    const { chain, recording, connect, frames } = adapterOf(router);
    const handler = chain.handler({
      client: recording.client,
      createContext: ({ connection, info }) => ({ ...connection.connectionParams, info }),
    });
    await connect(connectEvent({ query: { connectionParams: "1" } }));
    const data = { token: "t" };
    await handler(messageEvent([query(1, "ctx"), { method: "connectionParams", data }]));
    expect(frames()).toMatchObject([
      { id: 1, result: { data: { token: "t", info: { connectionParams: data } } } },
    ]);
  });

  it("T4: answers each request of the frame with its error when it throws", async () => {
    const createContext = (): never => {
      throw new Error("no context");
    };
    const { open, send, failures } = adapterOf(router, { handler: { createContext } });
    await open();
    const frames = await send([query(1, "ctx"), query(2, "ctx")]);
    expect(frames).toMatchObject([
      { id: 1, error: { message: "no context", data: { path: "ctx" } } },
      { id: 2, error: { message: "no context", data: { path: "ctx" } } },
    ]);
    expect(failures).toHaveLength(2);
  });
});
