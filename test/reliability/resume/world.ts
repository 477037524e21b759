import { dynamodb, MissedEventError } from "trpc-aws-subscriptions";
import type { Gateway, GatewayObservation } from "trpc-aws-subscriptions/local";
import { onTestFinished } from "vitest";
import { gatewayClient, serve } from "../../e2e/stack.ts";
import { createTestTable } from "../../testTable.ts";
import { Audit } from "./audit.ts";
import { GatewayFaults } from "./gatewayFaults.ts";
import { type RoomsPublisher, rooms } from "./routes.ts";
import type { Visitor } from "./visitor.ts";

/** A client that asks for it is moved before that. */
const HAND_OVER_AFTER_MS = 2_000;
/** Of a post, and its tries; then the connection is closed. A busy machine may be slow. */
const POST_TIMEOUT_MS = 2_000;
const MAX_ATTEMPTS = 2;
const GOING_AWAY = 1001;

/** A gateway that loses sockets, and who is on it. */
export interface ResumeWorld {
  readonly gateway: Gateway;
  readonly audit: Audit;
  readonly faults: GatewayFaults;
  /** By the `visitor` of their URLs. */
  readonly visitors: Map<string, Visitor>;
  /** Sockets that were cut, by whom ever, and those whose clients had been asked to leave them. */
  readonly counts: { cuts: number; afterTwoHours: number; moved: number };
  /** Aborts when enough are cut. */
  readonly enough: AbortSignal;
  /** Errors that handlers and publishers reported, by their names. */
  readonly reported: Map<string, number>;
  /** One more publisher, in a process of its own as far as it knows. */
  publisher(): RoomsPublisher;
  cut(connectionId: string): Promise<void>;
}

/** How it loses them. */
export interface ResumeWorldOptions {
  /** Sockets that are cut, by whom ever, until it is enough. */
  readonly cuts: number;
  /** What is two hours in API Gateway. */
  readonly maxConnectionMs: number;
  /** What goes wrong follows from it. */
  readonly random: () => number;
}

/** Starts it; it ends with the test. */
export async function resumeWorld({
  cuts,
  maxConnectionMs,
  random,
}: ResumeWorldOptions): Promise<ResumeWorld> {
  const audit = new Audit();
  const table = await createTestTable();
  const visitors = new Map<string, Visitor>();
  const connections = new Map<string, Visitor>();
  const counts = { cuts: 0, afterTwoHours: 0, moved: 0 };
  const enough = new AbortController();
  const asked = new Set<string>();
  const reported = new Map<string, number>();
  const onError = ({ error }: { readonly error: Error }): void => {
    reported.set(error.name, (reported.get(error.name) ?? 0) + 1);
    if (error instanceof MissedEventError) audit.missed.add(error.eventId);
  };
  const cut = async (connectionId: string): Promise<void> => {
    if (gateway.connectionIds().includes(connectionId)) await gateway.dropConnection(connectionId);
  };
  const faults = new GatewayFaults(random, {
    onStarted(connectionId) {
      const visitor = connections.get(connectionId);
      if (visitor?.connectionId === connectionId) audit.promise(visitor.account);
    },
    cut: (connectionId) => void cut(connectionId),
  });
  const onEvent = (seen: GatewayObservation): void => {
    if (seen.type === "connected") {
      const visitor = visitors.get(/[?&]visitor=(\d+)/.exec(seen.url)?.[1] ?? "");
      if (visitor === undefined) return;
      connections.set(seen.connectionId, visitor);
      visitor.connected(seen.connectionId);
    } else if (seen.type === "management" && seen.body?.includes('"reconnect"') === true) {
      asked.add(seen.connectionId);
    } else if (seen.type === "closed") {
      connections.delete(seen.connectionId);
      faults.forget(seen.connectionId);
      const isMoved = asked.delete(seen.connectionId) && seen.code !== GOING_AWAY;
      if (seen.code === GOING_AWAY) counts.afterTwoHours++;
      counts[isMoved ? "moved" : "cuts"]++;
      if (counts.cuts === cuts) enough.abort();
    }
  };
  const chain = rooms(dynamodb(table));
  const { gateway, stop } = await serve(chain, {
    mayReconnect: true,
    handler: { handOverAfterMs: HAND_OVER_AFTER_MS, onError },
    connect: { authorize: () => ({ session: {} }) },
    gateway: { maxConnectionMs, ...faults.options, onEvent },
  });
  const { endpoint } = gateway;
  const client = gatewayClient(endpoint);
  onTestFinished(async () => {
    await stop();
    client.destroy();
    await table.stop();
  });
  const posting = { postTimeoutMs: POST_TIMEOUT_MS, maxAttempts: MAX_ATTEMPTS };
  return {
    enough: enough.signal,
    ...{ gateway, audit, faults, visitors, counts, reported, cut },
    publisher: () => chain.publisher({ endpoint, client, onError, ...posting }),
  };
}
