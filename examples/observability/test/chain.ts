import { initTRPC } from "@trpc/server";
import { initSubscriptions, type OnEvent } from "trpc-aws-subscriptions";
import {
  connectEvent,
  disconnectEvent,
  memory,
  messageEvent,
  recordingClient,
} from "trpc-aws-subscriptions/testing";
import { z } from "zod";

interface Context {
  readonly userId: string;
}

/**
 * Runs real handlers and a publisher that report to a listener: somebody connects, subscribes, asks for what is not
 * there; three publishes, of which one finds nobody and one throws; the end.
 */
export async function runChain(onEvent: OnEvent): Promise<void> {
  const subscriptions = initSubscriptions<Context>({ onEvent });
  const t = initTRPC.context<Context>().create();
  const input = z.object({ room: z.string() });
  const router = t.router({
    onNote: t.procedure.input(input).subscription(subscriptions.resolver<string>()),
  });
  const chain = subscriptions
    .router({ router })
    .store({ store: memory() })
    .routes.onNote.filter({ name: "byRoom", input: { room: true } });
  const { client, endpoint } = recordingClient();
  const connect = chain.connect({ authorize: () => ({ session: { userId: "ann" } }) });
  const handler = chain.handler({ client });
  const send = (frame: object) => handler(messageEvent(frame));
  await connect(connectEvent());
  const params = { path: "onNote", input: { room: "canary" } };
  await send({ id: 1, method: "subscription", params });
  await send({ id: 2, method: "query", params: { path: "made.up.by.a.client" } });
  const { publish } = chain.publisher({ client, endpoint }).routes.onNote;
  const filter = (room: string) => ({ name: "byRoom", input: { room } }) as const;
  await publish({ data: "canary", filter: filter("canary") });
  await publish({ data: "canary", filter: filter("canary-2") });
  await publish({ data: "canary", filter: { name: "byNobody" } as never }).catch(() => undefined);
  await chain.disconnect()(disconnectEvent());
}
