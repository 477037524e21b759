import { initSubscriptions } from "trpc-aws-subscriptions";
import { createTestGateway, TestGatewayError } from "trpc-aws-subscriptions/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { appRouter, appSubscriptions, connect, disconnect, handler, openChat } from "./chatApp.ts";

let gateway: ReturnType<typeof openChat>;

beforeEach(() => {
  gateway = openChat();
});
afterEach(async () => {
  await gateway.close();
  expect(gateway.store.countRoutes()).toBe(0);
});

const as = (user: string) => gateway.connect({ query: { user } });

const wrong = (chain: unknown, options?: unknown) => () =>
  createTestGateway(chain as typeof appSubscriptions, options as never);

it.each([
  ["no chain", wrong(appRouter), "expected what initSubscriptions().router"],
  ["a root without router", wrong(initSubscriptions()), "expected what initSubscriptions().router"],
  [
    "an unknown option",
    wrong(appSubscriptions, { conect: connect }),
    'there is no option "conect". There are connect, disconnect,',
  ],
  ["a wrapped handler", wrong(appSubscriptions, { handler: () => handler }), "that no chain made"],
  [
    "the handler of another step",
    wrong(appSubscriptions, { connect: disconnect }),
    "connect was made by .disconnect().",
  ],
  [
    "a handler made before the last filter",
    wrong(appSubscriptions.routes.onMessage.filter({ name: "more", input: { room: true } }), {
      handler,
    }),
    "handler was made by another chain",
  ],
  [
    "two handlers for one route",
    wrong(appSubscriptions, { webSocketHandler: {}, connect }),
    "webSocketHandler is for all three routes, and connect was given too",
  ],
  ["no options", wrong(appSubscriptions, null), "the options are null"],
  ["no handler", wrong(appSubscriptions, { connect: 1 }), "connect is 1. Give what .connect()"],
])("%s is an error that says so", (_, act, message) => {
  expect(act).toThrow(message);
});

it("of connect is an error that says so", async () => {
  const act = (options: unknown) => gateway.connect(options as never);
  await expect(act({ querry: {} })).rejects.toThrow('there is no option "querry"');
  await expect(
    act({ connectionParams: {}, createClient: () => ({ client: {}, close() {} }) }),
  ).rejects.toThrow("connectionParams belong to createWSClient");
  await gateway.close();
  await expect(as("alice")).rejects.toThrow(
    new TestGatewayError("connect(): this test gateway is closed."),
  );
});

it("of listen is an error that says so", async () => {
  const { client } = await as("alice");
  await expect(gateway.listen({} as never, undefined as never)).rejects.toThrow(
    "listen(): expected a subscription",
  );
  await expect(gateway.listen(client.onMessage, {} as never)).rejects.toMatchObject({
    data: { code: "BAD_REQUEST" },
  });
  await expect(gateway.listen(client.whoAmI as never, undefined as never)).rejects.toMatchObject({
    data: { code: "NOT_FOUND" },
  });
});
