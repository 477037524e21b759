import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { initTRPC, lazy, TRPCError, type TrackedEnvelope } from "@trpc/server";
import SuperJSON from "superjson";
import { drop, dynamodb, initSubscriptions } from "trpc-aws-subscriptions";
import { createTestGateway } from "trpc-aws-subscriptions/testing";
import { z } from "zod";

/** What `authorize` returns. */
export interface Session {
  readonly userId: string;
}

const subscriptions = initSubscriptions<Session>();
const t = initTRPC.context<Session>().create({ transformer: SuperJSON });

/** The last of `tokens` and the answer of `slow` wait for this, so that a test decides when they come. */
export const tokenGate: { open: Promise<void> } = { open: Promise.resolve() };

const lazyRouter = t.router({
  onNote: t.procedure.subscription(subscriptions.resolver<string>()),
});

export const appRouter = t.router({
  whoAmI: t.procedure.query(({ ctx }) => ctx.userId),
  slow: t.procedure.query(() => tokenGate.open),
  echo: t.procedure.input(z.string()).mutation(({ input }) => input),
  onMessage: t.procedure
    .input(z.object({ room: z.string() }))
    .subscription(subscriptions.resolver<{ text: string; at: Date }>()),
  onAlert: t.procedure.subscription(subscriptions.resolver<string>()),
  onCount: t.procedure.subscription(
    subscriptions.resolver<number>({
      async *onStart() {
        yield 0;
      },
      onData: ({ data }) => (data < 0 ? drop : data),
    }),
  ),
  onTracked: t.procedure.subscription(subscriptions.resolver<TrackedEnvelope<string>>()),
  tokens: t.procedure.subscription(async function* () {
    yield "first";
    await tokenGate.open;
    yield "last";
  }),
  later: lazy(async () => lazyRouter),
});

/** An app as its owner has it: on DynamoDB, which no test reaches. */
export const appSubscriptions = subscriptions
  .router({ router: appRouter })
  .store({
    store: dynamodb({
      tableName: "unreachable",
      dynamoDBClient: new DynamoDBClient({
        region: "us-east-1",
        endpoint: "http://127.0.0.1:1",
        credentials: { accessKeyId: "none", secretAccessKey: "none" },
      }),
    }),
  })
  .routes.onMessage.filter(
    { name: "user", ctx: { userId: true } },
    { name: "room", input: { room: true } },
  );

/** Whoever gives `?user=` is that user. */
export const connect = appSubscriptions.connect({
  authorize({ query }) {
    const userId = query["user"];
    if (userId === undefined) throw new TRPCError({ code: "UNAUTHORIZED", message: "no user" });
    return { session: { userId } };
  },
});
export const disconnect = appSubscriptions.disconnect();
export const handler = appSubscriptions.handler({
  createContext: ({ connection }) => ({ userId: connection.session.userId }),
});

/** The app's own handlers on a gateway of this test. */
export function openChat() {
  return createTestGateway(appSubscriptions, { connect, disconnect, handler });
}
