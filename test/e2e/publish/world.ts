import type { AnyTRPCRouter } from "@trpc/server";
import {
  type ApiReference,
  type DynamoDBStoreOptions,
  dynamodb,
  type HandlerOptions,
  type JsonValue,
  type Publisher,
  type Store,
} from "trpc-aws-subscriptions";
import type { GatewayObservation } from "trpc-aws-subscriptions/local";
import { onTestFinished } from "vitest";
import { type Call, observe, type Plan } from "../../contract/observe.ts";
import { createTestTable, type TestTable, type TestTableOptions } from "../../testTable.ts";
import {
  type ClientVersion,
  type StockClient,
  type StockClientOptions,
  stockClient,
} from "../client.ts";
import { type ServeOptions, type Stack, serve } from "../stack.ts";
import { newestVersion } from "../trpcVersion.ts";

/** The longest envelope that a stock client's ids lead to. */
const ENVELOPE = '{"id":-9007199254740991,"jsonrpc":"2.0","result":{"type":"data","data":""}}';
/** The most bytes of JSON text without quotes that can be published. */
export const MAX_DATA_BYTES: number = 131_072 - ENVELOPE.length;

/** Who a client is: kept by `$connect`, and the context of every procedure. */
export type Session = Readonly<Record<string, JsonValue>>;

/** A client with its connection. */
export interface Member<TRouter extends AnyTRPCRouter> extends StockClient<TRouter> {
  /** Resolves when the client connected for the first time. */
  readonly connectionId: Promise<string>;
}

/** An event that was posted, and what the gateway answered; `undefined` for no answer. */
export interface Post {
  readonly connectionId: string;
  readonly frame: string;
  readonly statusCode: number | undefined;
}

/** A served chain on a table of its own. It ends with the test. */
export interface World<TPublisher, TRouter extends AnyTRPCRouter, TChain = unknown>
  extends Stack<TPublisher> {
  readonly chain: TChain;
  readonly table: TestTable;
  /** Every call of the chain to DynamoDB. */
  readonly calls: readonly Call[];
  /** Every post of an event, in order. */
  readonly posts: readonly Post[];
  readonly store: Store;
  /** Resolves when the gateway has seen `count` such things since the start. */
  seen(isMeant: (observation: GatewayObservation) => boolean, count?: number): Promise<void>;
  /** Connects a stock client as somebody. */
  join(
    session?: Session,
    version?: ClientVersion,
    options?: Omit<StockClientOptions, "url">,
  ): Member<TRouter>;
  /** Refuses every handshake from now on. */
  lock(): void;
}

/** Options of {@link startWorld}. */
export interface WorldOptions {
  readonly gateway?: Omit<NonNullable<ServeOptions<AnyTRPCRouter, never>["gateway"]>, "onEvent">;
  readonly publisher?: ServeOptions<AnyTRPCRouter, never>["publisher"];
  readonly handler?: Pick<HandlerOptions<AnyTRPCRouter, never>, "handOverAfterMs">;
  /** Clients that can bear it are asked to reconnect. */
  readonly mayReconnect?: boolean;
  readonly dynamodb?: Partial<DynamoDBStoreOptions>;
  readonly table?: TestTableOptions;
  /** Interferes with calls to DynamoDB. */
  readonly plan?: Plan;
  /** Another store instead of the table. */
  readonly store?: Store;
  /** Of the router; clients need the same. */
  readonly transformer?: unknown;
}

type PublisherOf<TChain> = TChain extends { publisher(options: never): infer TPublisher }
  ? TPublisher
  : never;
type RouterOf<TChain> =
  PublisherOf<TChain> extends Publisher<infer TRouter, infer _> ? TRouter : never;

/** Serves what `build` makes of a store. */
export async function startWorld<TChain extends { disconnect: unknown }>(
  build: (store: Store) => TChain,
  { transformer, ...options }: WorldOptions = {},
): Promise<World<PublisherOf<TChain>, RouterOf<TChain>, TChain>> {
  const table = await createTestTable(undefined, options.table);
  const calls = observe(table.dynamoDBClient, options.plan);
  const store = options.store ?? dynamodb({ ...table, ...options.dynamodb });
  const watch = watchGateway();
  const members: StockClient<RouterOf<TChain>>[] = [];
  const connected = new Map<string, (connectionId: string) => void>();
  let isLocked = false;
  let isOver = false;
  const chain = build(store);
  const stack: Stack<PublisherOf<TChain>> = await serve<never>(
    chain as never,
    {
      publisher: options.publisher,
      handler: options.handler,
      mayReconnect: options.mayReconnect,
      gateway: {
        ...options.gateway,
        onEvent: watch.onEvent,
        // The table goes with the test; cleaning up for its clients would take as long as their coming.
        dropDisconnect: () => isOver || options.gateway?.dropDisconnect?.() === true,
      },
      connect: {
        authorize: ({ query, connection }: AuthorizeOptions) => {
          if (isLocked) throw new Error("nobody may connect any more");
          connected.get(query["member"] ?? "")?.(connection.id);
          return { session: JSON.parse(query["session"] ?? "{}") };
        },
      },
    } as never,
  );
  onTestFinished(async () => {
    isOver = true;
    await Promise.all(members.map((member) => member.close()));
    await stack.stop();
    await table.stop();
  });
  return {
    ...stack,
    chain,
    table,
    calls,
    posts: watch.posts,
    store,
    seen: watch.seen,
    lock: () => {
      isLocked = true;
    },
    join(session = {}, version = newestVersion, clientOptions = {}) {
      const number = String(members.length);
      const query = new URLSearchParams({ session: JSON.stringify(session), member: number });
      const connectionId = new Promise<string>((resolve) => connected.set(number, resolve));
      const url = `${stack.gateway.url}?${query}`;
      const member = stockClient<RouterOf<TChain>>({ url, version, transformer, ...clientOptions });
      members.push(member);
      return { ...member, connectionId };
    },
  };
}

interface AuthorizeOptions {
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly connection: { readonly id: string };
}

/** Keeps what happens in a gateway. */
function watchGateway() {
  const posts: Post[] = [];
  const observations: GatewayObservation[] = [];
  const waiting = new Set<() => void>();
  return {
    posts,
    onEvent(observation: GatewayObservation): void {
      observations.push(observation);
      if (observation.type === "management" && observation.body?.includes('"type":"data"')) {
        const { connectionId, body: frame, statusCode } = observation;
        posts.push({ connectionId, frame, statusCode });
      }
      for (const check of waiting) check();
    },
    seen: (isMeant: (observation: GatewayObservation) => boolean, count = 1): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          if (observations.filter(isMeant).length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}

/** Subscriptions that {@link addRows} makes. */
export interface RowsOptions {
  readonly connectionId: string;
  /** @defaultValue the API of the local gateway */
  readonly api?: ApiReference;
  readonly path: string;
  readonly ids: readonly (string | number)[];
  /** Addresses besides that of every subscriber. */
  readonly filters?: readonly string[];
  readonly shards?: number;
  readonly hookState?: string;
}

/** Writes subscriptions without a client, connected as it may be. Their frames were sent at the epoch. */
export async function addRows(
  store: Store,
  { connectionId, path, ids, api = LOCAL_API, filters = [], shards = 1, hookState }: RowsOptions,
): Promise<void> {
  const connectedAt = Date.now();
  const expireAt = Math.floor(connectedAt / 1000) + 3_600;
  await store.connect({ connectionId, api, connectedAt, expireAt, paramsExpected: false });
  const connection = await store.getConnection(connectionId);
  if (connection === undefined) throw new Error(`${connectionId} is not connected`);
  const outcomes = await store.subscribe(
    connection,
    ids.map((id) => ({
      ...{ id, path, shards, jsonrpc: false, requestTimeMs: 0, messageId: `message-${id}` },
      routes: [{ path }, ...filters.map((filter) => ({ path, filter }))],
      ...(hookState !== undefined && { hookState }),
    })),
  );
  const refused = outcomes.find(({ status }) => status !== "active");
  if (refused !== undefined) throw new Error(`${connectionId}: ${refused.status}`);
}

const LOCAL_API: ApiReference = { apiId: "local", stage: "local" };
