import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Store } from "trpc-aws-subscriptions";
import { expect } from "vitest";
import { z } from "zod";
import { idAt } from "../e2e/history/feed.ts";
import { inserts } from "../e2e/outbox/world.ts";
import { gatewayClient } from "../e2e/stack.ts";
import { type RawSocket, rawSocket, started, valuesOf } from "../e2e/wire/rawSocket.ts";
import { startWorld } from "../e2e/wire/world.ts";

/** No filter and no hook names `token`. */
interface Context {
  readonly userId: string;
  readonly token: string;
}

const subscriptions = initSubscriptions<{ readonly userId: string; readonly note: string }>();
const t = initTRPC.context<Context>().create();
const input = z.object({ room: z.string(), key: z.string(), lastEventId: z.string().optional() });
const router = t.router({
  onNote: t.procedure.input(input).subscription(subscriptions.resolver<string>()),
  onHooked: t.procedure.input(input).subscription(
    subscriptions.resolver<string, { input: z.infer<typeof input>; ctx: Context }, "userId">({
      ctx: { userId: true },
      onData: ({ data }) => data,
    }),
  ),
  onKept: t.procedure.input(input).subscription(subscriptions.resolver<string>({ history: {} })),
  fails: t.procedure.input(z.object({ key: z.string() })).query((): never => {
    throw new Error("no such key");
  }),
});
const filters = { name: "room", ctx: { userId: true }, input: { room: true } } as const;
const build = (store: Store) =>
  subscriptions
    .router({ router })
    .store({ store })
    .routes.onNote.filter(filters)
    .routes.onHooked.filter(filters)
    .routes.onKept.filter(filters);

/** Finds who subscribed by {@link subscribeAll}. */
export const filter = { name: "room", ctx: { userId: "canary-user" } } as const;

/** What a call of any `onError` was given. */
export interface Given {
  readonly error: Error;
  readonly req?: unknown;
  readonly input?: unknown;
  readonly ctx?: unknown;
}

/** Somebody with a secret in every place that a client or a handler can put one. */
export async function startWithSecrets() {
  const given: Given[] = [];
  const onError = (failure: Given): void => {
    given.push(failure);
  };
  let built: { readonly store: Store; readonly chain: ReturnType<typeof build> } | undefined;
  const capture = (store: Store) => {
    built = { store, chain: build(store) };
    return built.chain;
  };
  const world = await startWorld(capture, {
    serve: {
      connect: {
        onError,
        authorize({ query }) {
          if (query["fails"] !== undefined) throw new Error("not today");
          return { session: { userId: "canary-user", note: "canary-session" } };
        },
      },
      handler: {
        onError,
        createContext: ({ connection }) => ({ ...connection.session, token: "canary-ctx" }),
      },
      publisher: { onError },
    },
  });
  const query = "token=canary-query&connectionParams=1&handOver=1";
  const headers = { authorization: "canary-header", cookie: "id=canary-cookie" };
  const open = async () => {
    const socket = await rawSocket(`${world.gateway.url}?${query}`, { headers });
    socket.send({ method: "connectionParams", data: { token: "canary-params" } });
    return socket;
  };
  const refused = () => rawSocket(`${world.gateway.url}?${query}&fails=1`, { headers });
  if (built === undefined) throw new Error("the chain was not built");
  return { ...world, ...built, open, refused, given };
}

/** Connects, and subscribes to the routes without history with ids 0 and 1. */
export async function subscribeAll({
  open,
}: Pick<Awaited<ReturnType<typeof startWithSecrets>>, "open">): Promise<RawSocket> {
  const socket = await open();
  for (const [id, path] of ["onNote", "onHooked"].entries()) {
    const params = {
      path,
      input: { room: "canary-room", key: `canary-input-${path}` },
      lastEventId: `canary-event-${path}`,
    };
    socket.send({ id, method: "subscription", params });
    await socket.next(started(id));
  }
  return socket;
}

/** Publishes with a key on the route with history, and subscribes as somebody does who has heard nothing for hours. */
export async function keepAndResume(
  { publisher }: Pick<Awaited<ReturnType<typeof startWithSecrets>>, "publisher">,
  socket: RawSocket,
): Promise<void> {
  const addressed = { name: "room", ctx: { userId: "canary-other" } } as const;
  const { onKept } = publisher.routes;
  await onKept.publish({ data: "canary-kept", filter: addressed, key: "canary-key" });
  const params = {
    path: "onKept",
    input: { room: "canary-room", key: "canary-input-onKept" },
    lastEventId: idAt(Date.now() - 3 * 60 * 60 * 1000),
  };
  socket.send({ id: "kept", method: "subscription", params });
  await socket.next(started("kept"));
}

/** Writes to the outbox, and posts what the stream would bring to a subscriber. */
export async function writeAndPost(
  { chain, table, gateway }: Awaited<ReturnType<typeof startWithSecrets>>,
  socket: RawSocket,
): Promise<void> {
  const params = { path: "onKept", input: { room: "canary-room", key: "canary-input-onKept" } };
  socket.send({ id: "written", method: "subscription", params });
  await socket.next(started("written"));
  const { onKept } = chain.outbox().routes;
  await onKept.publish({
    data: "canary-written",
    filter: [filter, { name: "room", ctx: { userId: "canary-other" } }],
  });
  const { endpoint } = gateway;
  const handler = chain.streamHandler({ endpoint, client: gatewayClient(endpoint) });
  const rows = (await table.rows()).filter((row) => row["outbox"] !== undefined);
  expect(await handler(inserts(...rows))).toEqual({ batchItemFailures: [] });
  await socket.sync();
  expect(valuesOf(socket, "written")).toHaveLength(1);
}
