import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { createTestGateway, memory, type TestSubscription } from "trpc-aws-subscriptions/testing";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";

interface Session {
  readonly userId: string;
}
const subscriptions = initSubscriptions<Session>();
const t = initTRPC.context<Session>().create();
const router = t.router({
  whoAmI: t.procedure.query(({ ctx }) => ctx.userId),
  chat: t.router({
    onMessage: t.procedure
      .input(z.object({ room: z.string() }))
      .subscription(subscriptions.resolver<{ text: string }>()),
  }),
  onAlert: t.procedure.subscription(subscriptions.resolver<string>()),
});
const chain = subscriptions.router({ router });
const app = chain
  .store({ store: memory() })
  .routes.chat.onMessage.filter({ name: "room", input: { room: true } });
const gateway = createTestGateway(app, { connect: app.connect(), handler: app.handler() });

describe("a test gateway", () => {
  it("has the publisher of its chain, filters included", () => {
    type Own = ReturnType<typeof app.publisher>;
    expectTypeOf(gateway.publisher).toEqualTypeOf<Own>();
    // @ts-expect-error no such filter
    gateway.publisher.routes.onAlert.publish({ data: "hi", filter: { name: "room" } });
  });

  it("takes a chain before its store as well", () => {
    const unstored = createTestGateway(
      chain.routes.onAlert.filter({ name: "user", ctx: { userId: true } }),
    );
    type Publish = typeof unstored.publisher.routes.onAlert.publish;
    expectTypeOf<Parameters<Publish>[0]["data"]>().toEqualTypeOf<string>();
    unstored.publisher.routes.onAlert.publish({
      data: "hi",
      filter: { name: "user", ctx: { userId: "alice" } },
    });
  });

  it("connects clients of its router", async () => {
    const { client } = await gateway.connect({ session: { userId: "alice" } });
    expectTypeOf(client.whoAmI.query).returns.resolves.toEqualTypeOf<string>();
    const own = await gateway.connect({
      createClient: (socket) => {
        const wsClient = createWSClient(socket);
        const links = [wsLink<typeof router>({ client: wsClient })];
        const made = createTRPCClient<typeof router>({ links });
        return { client: { made }, close: () => wsClient.close() };
      },
    });
    expectTypeOf(own.client.made.whoAmI.query).returns.resolves.toEqualTypeOf<string>();
  });

  it("gives what onData gets", async () => {
    const { client } = await gateway.connect();
    expectTypeOf(gateway.listen(client.chat.onMessage, { room: "red" })).resolves.toEqualTypeOf<
      TestSubscription<{ text: string }>
    >();
    expectTypeOf(gateway.listen(client.onAlert)).resolves.toEqualTypeOf<TestSubscription<string>>();
  });
});

describe("wrong uses", () => {
  it("of createTestGateway do not compile", () => {
    // @ts-expect-error a router is no chain
    createTestGateway(router);
    // @ts-expect-error no router yet
    createTestGateway(subscriptions);
    // @ts-expect-error a misspelt option
    createTestGateway(app, { conect: app.connect() });
    // @ts-expect-error the session lacks userId
    createTestGateway(app, { connect: { authorize: () => ({ session: {} }) } });
    // @ts-expect-error the context lacks userId
    createTestGateway(app, { handler: { createContext: () => ({}) } });
    // @ts-expect-error the gateway brings its own endpoint
    createTestGateway(app, { publisher: { endpoint: "https://example.com" } });
  });

  it("of connect and listen do not compile", async () => {
    // @ts-expect-error the session lacks userId
    void gateway.connect({ session: {} });
    // @ts-expect-error a misspelt option
    void gateway.connect({ querry: {} });
    const { client } = await gateway.connect();
    // @ts-expect-error the input is missing
    void gateway.listen(client.chat.onMessage);
    // @ts-expect-error the input has another type
    void gateway.listen(client.chat.onMessage, { room: 1 });
    // @ts-expect-error a query is no subscription
    void gateway.listen(client.whoAmI, undefined);
  });
});
