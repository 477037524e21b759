import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { memory } from "trpc-aws-subscriptions/testing";
import { z } from "zod";
import { subscriptions, t } from "../../unit/adapters/api-gateway/harness.ts";

const router = t.router({
  hello: t.procedure.query(() => "hi"),
  echo: t.procedure.input(z.unknown()).query(({ input }) => ({ input })),
  strict: t.procedure.input(z.object({ n: z.number() })).query(({ input }) => input.n),
  boom: t.procedure.query(() => {
    throw new Error("it broke");
  }),
  save: t.procedure.mutation(() => "saved"),
  onPing: t.procedure.subscription(subscriptions.resolver<string>()),
  onRoom: t.procedure
    .input(z.object({ room: z.string() }))
    .subscription(subscriptions.resolver<string>()),
  ticks: t.procedure.subscription(async function* () {
    yield 1;
    yield 2;
  }),
});

/** The handlers over a store in memory, with a client that takes no time. */
export function fuzzWorld() {
  const frames: string[] = [];
  const client = new ApiGatewayManagementApiClient({ region: "us-east-1", maxAttempts: 1 });
  const send = async (command: unknown): Promise<void> => {
    if (!(command instanceof PostToConnectionCommand)) throw new Error("nothing else is asked");
    frames.push(String(command.input.Data));
  };
  Object.defineProperty(client, "send", { value: send });
  const store = memory();
  const chain = subscriptions
    .router({ router })
    .store({ store })
    .routes.onRoom.filter({ name: "byRoom", input: { room: true } });
  const failures = { count: 0 };
  const onError = (): void => {
    failures.count++;
  };
  return {
    store,
    failures,
    connect: chain.connect({
      onError,
      authorize: ({ headers, query }) => ({
        session: { origin: headers["origin"], token: query["token"], all: { ...query } },
      }),
    }),
    connectFrom: (allowedOrigins: readonly string[]) => chain.connect({ onError, allowedOrigins }),
    disconnect: chain.disconnect({ onError }),
    handler: chain.handler({ client, onError, connectionParamsTimeoutMs: 0 }),
    webSocketHandler: chain.webSocketHandler({ client, onError, connectionParamsTimeoutMs: 0 }),
    /** Takes the frames that were posted since the last call. */
    take: (): readonly string[] => frames.splice(0),
  };
}

/** Watches for what Node reports when nobody awaited it; `stop` tells what it saw. */
export function watchProcess(): { stop(): readonly unknown[] } {
  const seen: unknown[] = [];
  const note = (error: unknown): void => {
    seen.push(error);
  };
  const noteLeak = ({ name }: Error): void => {
    if (name === "MaxListenersExceededWarning") seen.push(name);
  };
  process.on("unhandledRejection", note).on("uncaughtException", note).on("warning", noteLeak);
  return {
    stop: () => {
      process.off("unhandledRejection", note).off("uncaughtException", note);
      process.off("warning", noteLeak);
      return seen;
    },
  };
}
