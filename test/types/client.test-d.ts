import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { type inferRouterInputs, type inferRouterOutputs, initTRPC } from "@trpc/server";
import { createTRPCContext, useSubscription } from "@trpc/tanstack-react-query";
import superjson from "superjson";
import { describe, expectTypeOf, it } from "vitest";
import type { AppContext, AppRouter, Message } from "./fixture.ts";
import { subscriptions } from "./fixture.ts";

/** A {@link Message} as JSON. */
interface SerializedMessage {
  readonly id: number;
  readonly text: string;
  readonly at: string;
}

const wsClient = createWSClient({ url: "" });
const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: wsClient })] });

const ts = initTRPC.context<AppContext>().create({ transformer: superjson });
const superjsonRouter = ts.router({
  onMessage: ts.procedure.subscription(subscriptions.resolver<Message>()),
});

describe("router types", () => {
  type Outputs = inferRouterOutputs<AppRouter>;
  type Inputs = inferRouterInputs<AppRouter>;

  it("show clients what they get, and nothing of the context", () => {
    expectTypeOf<Outputs["mySubscription"]>().toEqualTypeOf<
      AsyncIterable<string, never, undefined>
    >();
    expectTypeOf<Outputs["chat"]["onMessage"]>().toEqualTypeOf<
      AsyncIterable<SerializedMessage, never, undefined>
    >();
    expectTypeOf<Outputs["tracked"]>().toEqualTypeOf<
      AsyncIterable<{ id: string; data: { v: number } }, never, undefined>
    >();
    expectTypeOf<Outputs["validated"]>().toEqualTypeOf<
      AsyncIterable<{ n: number }, never, undefined>
    >();
  });

  it("show clients what they send", () => {
    expectTypeOf<Inputs["mySubscription"]>().toEqualTypeOf<{ name: string }>();
  });
});

describe("createTRPCClient", () => {
  it("delivers plain data", () => {
    client.mySubscription.subscribe(
      { name: "x" },
      { onData: (data) => expectTypeOf(data).toEqualTypeOf<string>() },
    );
    client.noInput.subscribe(undefined, {
      onData: (data) => expectTypeOf(data).toEqualTypeOf<number>(),
    });
    client.chat.onMessage.subscribe(
      { room: "r", since: "1" },
      { onData: ({ at }) => expectTypeOf(at).toEqualTypeOf<string>() },
    );
    client.lazyChat.onMessage.subscribe(
      { room: "r", since: 1 },
      { onData: ({ text }) => expectTypeOf(text).toEqualTypeOf<string>() },
    );
    // @ts-expect-error wrong input
    client.mySubscription.subscribe({ nam: "x" }, {});
  });

  it("delivers tracked data with its id, and what a schema made of it", () => {
    client.tracked.subscribe(
      { name: "x" },
      {
        onData: (event) => expectTypeOf(event).toEqualTypeOf<{ id: string; data: { v: number } }>(),
      },
    );
    client.validated.subscribe(
      { name: "x" },
      { onData: (data) => expectTypeOf(data).toEqualTypeOf<{ n: number }>() },
    );
  });

  it("keeps a Date with superjson", () => {
    const links = [wsLink({ client: wsClient, transformer: superjson })];
    const typed = createTRPCClient<typeof superjsonRouter>({ links });
    typed.onMessage.subscribe(undefined, {
      onData: (data) => expectTypeOf(data).toEqualTypeOf<Message>(),
    });
  });
});

const { useTRPC } = createTRPCContext<AppRouter>();

function useLatestMessage() {
  const trpc = useTRPC();
  return useSubscription(
    trpc.chat.onMessage.subscriptionOptions(
      { room: "r", since: 1 },
      { onData: ({ text }) => expectTypeOf(text).toEqualTypeOf<string>() },
    ),
  );
}

describe("useSubscription", () => {
  it("delivers plain data", () => {
    type Data = ReturnType<typeof useLatestMessage>["data"];
    expectTypeOf<Data>().toEqualTypeOf<SerializedMessage | undefined>();
  });
});
