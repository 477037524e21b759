import type { AnyTRPCRouter } from "@trpc/server";
import {
  type AuthorizeOptions,
  type DynamoDBStoreOptions,
  dynamodb,
  type Store,
} from "trpc-aws-subscriptions";
import { onTestFinished } from "vitest";
import { type Call, observe, type Plan } from "../../contract/observe.ts";
import { createTestTable, type Row, type TestTable } from "../../testTable.ts";
import { type ClientVersion, type StockClient, stockClient } from "../client.ts";
import { type ServeOptions, type Stack, serve } from "../stack.ts";
import { type GatewayProbe, gatewayProbe } from "./gatewayProbe.ts";
import { type RawSocket, rawSocket } from "./rawSocket.ts";

/** A stack on a table of its own, with a probe; everything ends with the test. */
export interface World<TPublisher> extends Stack<TPublisher> {
  readonly table: TestTable;
  readonly probe: GatewayProbe;
  /** Every call of the chain to DynamoDB. */
  readonly calls: readonly Call[];
  /** URL that connects as a user. */
  urlOf(user: string): string;
  /** Opens a raw socket as a user. */
  open(user?: string): Promise<RawSocket>;
  /** Makes a stock client of a user, closed with the test. */
  client<TRouter extends AnyTRPCRouter>(
    version: ClientVersion,
    options?: Omit<Parameters<typeof stockClient>[0], "url" | "version"> & {
      readonly user?: string;
    },
  ): StockClient<TRouter>;
  /** Resolves when the gateway has handled, and the sockets have read, all that was sent until now. */
  settle(...sockets: readonly RawSocket[]): Promise<void>;
  /** Resolves when every connection until now is closed and its `$disconnect` has been handled. */
  disconnected(): Promise<void>;
  /** Routes, and the active subscriptions of open connections. Those of closed ones are left to the TTL. */
  liveRows(): Promise<readonly Row[]>;
}

/** The session of the default `authorize`. */
export interface User {
  readonly userId: string;
}

/** Options of {@link startWorld}. */
export interface WorldOptions<TOptions> {
  readonly store?: Partial<DynamoDBStoreOptions>;
  /** Interferes with calls to DynamoDB. */
  readonly plan?: Plan;
  readonly serve?: TOptions;
}

type Chain = Parameters<typeof serve>[0];
type PublisherOf<TChain> = TChain extends { publisher(options: never): infer TPublisher }
  ? TPublisher
  : never;

/** Serves a chain. Who connects is who the query string says, unless `serve.connect` is given. */
export async function startWorld<TChain extends Chain>(
  makeChain: (store: Store) => TChain,
  options: WorldOptions<NonNullable<Parameters<typeof serve<TChain>>[1]>> = {},
): Promise<World<PublisherOf<TChain>>> {
  const table = await createTestTable();
  onTestFinished(() => table.stop());
  const calls = observe(table.dynamoDBClient, options.plan);
  const { tableName, dynamoDBClient } = table;
  const chain = makeChain(dynamodb({ tableName, dynamoDBClient, ...options.store }));
  const probe = gatewayProbe();
  const given: ServeOptions<AnyTRPCRouter, never> = (options.serve ?? {}) as never;
  const served = {
    connect: { authorize: userOfQuery },
    ...given,
    gateway: { ...probe.gateway, ...given.gateway },
  };
  const stack = await serve(chain, served as never);
  onTestFinished(() => stack.stop());
  const urlOf = (user: string): string => `${stack.gateway.url}?user=${user}`;
  return {
    ...stack,
    table,
    probe,
    calls,
    urlOf,
    open: (user = "nobody") => rawSocket(urlOf(user)),
    client(version, { user = "nobody", ...clientOptions } = {}) {
      const client = stockClient<never>({ url: urlOf(user), version, ...clientOptions });
      onTestFinished(() => client.close());
      return client;
    },
    async settle(...sockets) {
      await Promise.all(sockets.map((socket) => socket.sync()));
      await stack.gateway.settled();
      await Promise.all(sockets.map((socket) => socket.sync()));
    },
    async disconnected() {
      for (const one of probe.observations) {
        if (one.type !== "connected") continue;
        await probe.until("closed", ({ connectionId }) => connectionId === one.connectionId);
      }
      await stack.gateway.settled();
    },
    liveRows: async () => live(await table.rows()),
  };
}

function userOfQuery({ query }: AuthorizeOptions): { readonly session: User } {
  return { session: { userId: query["user"] ?? "nobody" } };
}

function live(rows: readonly Row[]): readonly Row[] {
  const open = new Set(rows.filter((row) => row["state"] === "OPEN").map(({ pk }) => pk));
  return rows.filter(
    (row) => row.pk.includes("path#") || (row["state"] === "ACTIVE" && open.has(row.pk)),
  );
}
