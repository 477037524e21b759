import type { TransactWriteCommandInput } from "@aws-sdk/lib-dynamodb";
import type { createTRPCClient } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  type HistoryPublishReport,
  initSubscriptions,
  type OutboxReceipt,
  type PublishReport,
  type RouteTypesOf,
} from "../../src/index.ts";
import { store } from "./fixture.ts";

const subscriptions = initSubscriptions();
const t = initTRPC.context<{ readonly userId: string }>().create();
const named = t.procedure.input(z.object({ name: z.string() }));

const router = t.router({
  kept: named.subscription(subscriptions.resolver<number>({ history: { ttlSeconds: 60 } })),
  keptSchema: named.subscription(
    subscriptions.resolver(z.string().transform(Number), {
      history: {},
      async *onStart({ input, ctx, resumed }) {
        expectTypeOf(input).toEqualTypeOf<{ name: string }>();
        expectTypeOf(ctx.userId).toEqualTypeOf<string>();
        expectTypeOf(resumed).toEqualTypeOf<boolean>();
        yield 5;
      },
      async *onGap({ lastEventId }) {
        expectTypeOf(lastEventId).toEqualTypeOf<string>();
        yield 6;
      },
    }),
  ),
  live: named.subscription(subscriptions.resolver<number>()),
});

const chain = subscriptions
  .router({ router })
  .store({ store })
  .routes.kept.filter({ name: "byName", input: { name: true } });
const { routes, cursor } = chain.publisher({ endpoint: "https://a.execute-api.b.amazonaws.com/c" });

it("clients get { id, data } of what is published", () => {
  type Client = ReturnType<typeof createTRPCClient<typeof router>>;
  const heard = ({ kept, keptSchema, live }: Client) => {
    const event = expectTypeOf<{ id: string; data: number }>();
    kept.subscribe({ name: "" }, { onData: (data) => event.toEqualTypeOf(data) });
    keptSchema.subscribe({ name: "" }, { onData: (data) => event.toEqualTypeOf(data) });
    live.subscribe({ name: "" }, { onData: (data) => expectTypeOf(data).toEqualTypeOf<number>() });
  };
  expectTypeOf(heard).toBeFunction();
  type Kept = RouteTypesOf<(typeof router)["_def"]["record"]["kept"]>;
  expectTypeOf<Kept["published"]>().toEqualTypeOf<number>();
  expectTypeOf<Kept["history"]>().toEqualTypeOf<true>();
});

it("publish takes a key and tells the event's id, where there is history", () => {
  const kept = () =>
    routes.kept.publish({ data: 5, key: "k", filter: { name: "byName", input: { name: "n" } } });
  expectTypeOf(kept).returns.resolves.toEqualTypeOf<HistoryPublishReport>();
  expectTypeOf<HistoryPublishReport["eventId"]>().toEqualTypeOf<string>();
  const schema = () => routes.keptSchema.publish({ data: "5" });
  expectTypeOf(schema).returns.resolves.toEqualTypeOf<HistoryPublishReport>();
  const live = () => routes.live.publish({ data: 5 });
  expectTypeOf(live).returns.resolves.toEqualTypeOf<PublishReport>();
  expectTypeOf(cursor).returns.toEqualTypeOf<string>();
  // @ts-expect-error events of this route are not kept, so a key means nothing
  () => routes.live.publish({ data: 5, key: "k" });
  // @ts-expect-error the data is what is published, not what clients get
  () => routes.kept.publish({ data: { id: "1", data: 5 } });
  // @ts-expect-error a key is a text
  () => routes.kept.publish({ data: 5, key: 5 });
});

it("options are checked", () => {
  // @ts-expect-error there is no such option
  () => subscriptions.resolver<number>({ history: { ttl: 5 } });
  // @ts-expect-error seconds are a number
  () => subscriptions.resolver<number>({ history: { ttlSeconds: "5" } });
  // @ts-expect-error without history there is no gap
  () => subscriptions.resolver<number>({ async onGap() {} });
});

it("the outbox has the routes with history", () => {
  const outbox = chain.outbox();
  const filter = { name: "byName", input: { name: "n" } } as const;
  const publish = () => outbox.routes.kept.publish({ data: 5, filter, key: "k" });
  expectTypeOf(publish).returns.resolves.toEqualTypeOf<OutboxReceipt>();
  const items = () => outbox.routes.kept.transactItems({ data: 5, filter });
  expectTypeOf(items).returns.resolves.toHaveProperty("eventId");
  type Items = NonNullable<TransactWriteCommandInput["TransactItems"]>;
  expectTypeOf<Awaited<ReturnType<typeof items>>["items"]>().toExtend<Items>();
  // @ts-expect-error this route has no history
  () => outbox.routes.live.publish({ data: 5 });
  // @ts-expect-error nothing is posted, so there is no deadline
  () => outbox.routes.kept.publish({ data: 5, deadlineMs: 5 });
  // @ts-expect-error a filter with all its fields
  () => outbox.routes.kept.publish({ data: 5, filter: { name: "byName" } });
});

it("the stream's handler takes what Lambda gives and gives what Lambda takes", () => {
  const handler = chain.streamHandler({ endpoint: "https://a.execute-api.b.amazonaws.com/c" });
  expectTypeOf(handler).toExtend<DynamoDBStreamHandlerWithoutCallback>();
  // @ts-expect-error it posts everything itself
  () => chain.streamHandler({ endpoint: "", fanOut: undefined as never });
});

type DynamoDBStreamHandlerWithoutCallback = (
  event: DynamoDBStreamEvent,
  context: Context,
) => Promise<DynamoDBBatchResponse>;
