import { initTRPC } from "@trpc/server";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { z } from "zod";
import { storeOn } from "../../../src/store/dynamodb/dynamodb.ts";
import { keysOf } from "../../../src/store/keys.ts";
import { simulatedClient } from "./dynamoClient.ts";
import type { Handlers, SimulatedGateway } from "./gateway.ts";
import type { MortalProcess } from "./mortalProcess.ts";
import type { Steps } from "./steps.ts";
import type { SimulatedTable } from "./table.ts";

/** What clients subscribe with. */
const inputParser = z.object({ room: z.string() });

/** Events of the route with history that a client may be sent after it was away. */
const MAX_EVENTS = 2;

/** An event on its way. */
export interface Event {
  readonly room: string;
  readonly number: number;
}

interface Session {
  readonly userId: string;
}

const subscriptions = initSubscriptions<Session>();
const t = initTRPC.context<Session>().create();
const router = t.router({
  onEvent: t.procedure.input(inputParser).subscription(subscriptions.resolver<Event>()),
  onKept: t.procedure
    .input(inputParser.extend({ lastEventId: z.string().nullish() }))
    .subscription(subscriptions.resolver<Event>({ history: { maxEvents: MAX_EVENTS } })),
});
const chain = subscriptions.router({ router });

/** What a deployed version runs on. */
export interface Parts {
  readonly table: SimulatedTable;
  readonly gateway: SimulatedGateway;
  readonly steps: Steps;
  readonly split?: boolean;
  readonly maxSubscriptions?: number;
  /** Tries of a post. @defaultValue the publisher's */
  readonly maxAttempts?: number;
  /** By how much its clock is wrong. */
  readonly skewMs?: number;
  /** What it runs in when that dies. */
  readonly process?: MortalProcess;
  /** Told of every error that a handler or the publisher reports. */
  readonly onError: (error: Error) => void;
}

const ENDPOINT = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/test";

/** Whom a verb is for: everybody in a room, or one user there. */
export interface Audience {
  readonly room: string;
  readonly userId?: string;
}

/** A router of ours, before and after a filter was given another name. */
export type Version = "before" | "now";

/**
 * Deploys our code: handlers and a publisher on one table. In the version before, a filter had another name, so that its
 * rows have other keys.
 */
export function deploy(parts: Parts, version: Version = "now") {
  const name = version === "now" ? "byUserAndRoom" : "byRoomOfUser";
  const app = chain
    .store({ store: storeOf(parts) })
    .routes.onEvent.filter({ name: "byRoom", input: { room: true } })
    .routes.onEvent.filter({ name, ctx: { userId: true }, input: { room: true } })
    .routes.onKept.filter({ name: "byRoom", input: { room: true } });
  const { gateway, onError, process, maxAttempts } = parts;
  const report = ({ error }: { readonly error: Error }): void => {
    if (process?.isDead !== true) onError(error);
  };
  const client = inProcess(
    gateway.client(() => handlers),
    process,
  );
  const handlers = mortal(process, {
    connect: app.connect({
      authorize: async ({ query }) => ({
        session: { userId: query["user"] ?? "nobody" },
        ...(query["expireAt"] !== undefined && { expireAtSeconds: Number(query["expireAt"]) }),
      }),
      onError: report,
    }),
    disconnect: app.disconnect({ onError: report }),
    handler: app.handler({
      client,
      createContext: ({ connection }) => ({
        userId: connection.connectionParams?.["user"] ?? connection.session.userId,
      }),
      onError: report,
    }),
  });
  const publisher = app.publisher({
    endpoint: ENDPOINT,
    client,
    onError: report,
    ...(maxAttempts !== undefined && { maxAttempts }),
  });
  const { onKept } = publisher.routes;
  const { publish, count, complete, disconnect } = publisher.routes.onEvent;
  const filterOf = ({ room, userId }: Audience) =>
    userId === undefined
      ? ({ name: "byRoom", input: { room } } as const)
      : ({ name, ctx: { userId }, input: { room } } as const);
  const ended = <T>(work: Promise<T>): Promise<T> => process?.outcome(work) ?? work;
  return {
    version,
    handlers,
    complete: (audience: Audience) => ended(complete(filterOf(audience))),
    disconnectAll: (audience: Audience) => ended(disconnect(filterOf(audience))),
    disconnect: (connectionId: string) => ended(publisher.disconnect(connectionId)),
    publish: (data: Event) =>
      ended(publish({ data, filter: { name: "byRoom", input: { room: data.room } } })),
    publishKept: (data: Event) =>
      ended(onKept.publish({ data, filter: { name: "byRoom", input: { room: data.room } } })),
    publishToEverybody: (data: Event) => ended(publish({ data })),
    publishToUser: (userId: string, data: Event) =>
      ended(publish({ data, filter: { name, ctx: { userId }, input: { room: data.room } } })),
    count: (room: string) => count({ name: "byRoom", input: { room } }),
  };
}

/** A deployed version. */
export type Deployment = ReturnType<typeof deploy>;

/** Whom an event is for, and whether it is kept. */
export interface Addressed {
  /** Everybody when absent. */
  readonly room?: string | undefined;
  readonly userId?: string | undefined;
  readonly isKept?: boolean | undefined;
}

/** Publishes an event to whom it is for. */
export function publishTo(
  from: Deployment,
  event: Event,
  { room, userId, isKept }: Addressed,
): ReturnType<Deployment["publish" | "publishKept"]> {
  if (isKept === true) return from.publishKept(event);
  if (room === undefined) return from.publishToEverybody(event);
  return userId === undefined ? from.publish(event) : from.publishToUser(userId, event);
}

function storeOf(parts: Parts) {
  const { table, steps, split = false, maxSubscriptions = 100, skewMs = 0, process } = parts;
  return storeOn({
    tableName: "table",
    client: inProcess(simulatedClient({ table, steps, split }), process),
    keys: keysOf(undefined),
    maxSubscriptions,
    ttlSeconds: undefined,
    now: () => Date.now() + skewMs,
  });
}

/** The same client, of a process that may die. */
function inProcess<T extends { send: unknown }>(client: T, process: MortalProcess | undefined): T {
  if (process === undefined) return client;
  const { send } = client as unknown as { send(...call: readonly unknown[]): Promise<unknown> };
  const mortalClient = { send: (...call: readonly unknown[]) => process.call(() => send(...call)) };
  return mortalClient as unknown as T;
}

/** The same handlers, of a process that may die. */
function mortal(process: MortalProcess | undefined, handlers: Handlers): Handlers {
  if (process === undefined) return handlers;
  const { connect, disconnect, handler } = handlers;
  return {
    connect: (event, context) => process.outcome(connect(event, context)),
    disconnect: (event, context) => process.outcome(disconnect(event, context)),
    handler: (event, context) => process.outcome(handler(event, context)),
  };
}
