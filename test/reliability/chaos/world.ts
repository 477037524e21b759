import { dynamodb, type PublisherErrorHandler } from "trpc-aws-subscriptions";
import { type Gateway, type GatewayOptions, startGateway } from "trpc-aws-subscriptions/local";
import { onTestFinished } from "vitest";
import { gatewayClient } from "../../e2e/stack.ts";
import { seeded } from "../../seeded.ts";
import { createTestTable, type TestTable } from "../../testTable.ts";
import { eventOf, watchedClient } from "./answers.ts";
import { Deployments } from "./deployments.ts";
import { Faults, failCalls, postFault } from "./faults.ts";
import { Invocations } from "./invocations.ts";
import { Ledger } from "./ledger.ts";
import type { ChaosPublisher } from "./members.ts";

/** The longest that an invocation waits before it starts, which puts those of one connection in any order. */
const SHUFFLE_MS = 40;
/** Short enough for posts that hang to be tried again; long enough for a busy machine. */
const POST_TIMEOUT_MS = 1_000;

/** A gateway, a table and what goes wrong between them. It ends with the test. */
export interface ChaosWorld {
  readonly gateway: Gateway;
  readonly table: TestTable;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly deployments: Deployments;
  /** Connections that are closed and whose `$disconnect` was lost. */
  readonly withoutDisconnect: ReadonlySet<string>;
  /** Connections whose sockets are not closed yet. */
  readonly connections: ReadonlySet<string>;
  /** A publisher of the version that was deployed last. */
  publisher(onError: PublisherErrorHandler): ChaosPublisher;
}

/** Starts it. What goes wrong follows from the seed. */
export async function chaosWorld(seed: number): Promise<ChaosWorld> {
  const table = await createTestTable();
  const faults = new Faults(seeded(seed));
  failCalls(table.dynamoDBClient, faults);
  const ledger = new Ledger();
  const invocations = new Invocations((subscription) =>
    ledger.history.note({ type: "released", subscription }),
  );
  const posts = watchPosts(faults, ledger);
  const withoutDisconnect = new Set<string>();
  const connections = new Set<string>();
  const random = seeded(seed + 1);
  let deployments: Deployments | undefined;
  const ready = (): Deployments => {
    if (deployments === undefined) throw new Error("nothing is deployed");
    return deployments;
  };
  const gateway = await startGateway({
    handlers: {
      connect: (event, context) => ready().handlers.connect(event, context),
      disconnect: (event, context) => ready().handlers.disconnect(event, context),
      async default(event, context) {
        await ready().handlers.default(event, context);
        invocations.end(event);
      },
    },
    duplicate: () => faults.happens("duplicateInvocation"),
    dropDisconnect: () => faults.happens("lostDisconnect"),
    delay(event) {
      invocations.begin(event);
      return new Promise((resolve) => setTimeout(resolve, random() * SHUFFLE_MS));
    },
    onPost: posts.onPost,
    onEvent(one) {
      if (one.type === "disconnectDropped") withoutDisconnect.add(one.connectionId);
      if (one.type === "connected") connections.add(one.connectionId);
      if (one.type === "closed") {
        connections.delete(one.connectionId);
        invocations.forget(one.connectionId);
      }
      if (one.type !== "management" || one.statusCode !== 200) return;
      const post = eventOf(one.connectionId, one.body ?? "");
      if (post !== undefined) ledger.history.note({ type: "accepted", ...post });
    },
  });
  const { endpoint } = gateway;
  const client = gatewayClient(endpoint);
  const posting = watchedClient(endpoint, posts.onAborted);
  deployments = new Deployments(
    {
      store: dynamodb(table),
      client,
      onConnect: (connection, { socket = "" }) => ledger.connected(socket, connection),
      onFailed: (event) => invocations.failed(event),
    },
    seeded(seed + 2),
  );
  onTestFinished(async () => {
    await gateway.stop();
    client.destroy();
    posting.destroy();
    await table.stop();
  });
  const options = { endpoint, client: posting, postTimeoutMs: POST_TIMEOUT_MS };
  return {
    ...{ gateway, table, faults, ledger, deployments, connections, withoutDisconnect },
    publisher: (onError) => ready().chain.publisher({ ...options, onError }),
  };
}

interface WatchedPosts {
  readonly onPost: NonNullable<GatewayOptions["onPost"]>;
  /** Nobody waited for the answer of a post. */
  onAborted(connectionId: string, frame: string): void;
}

/** Lets posts go wrong, and notes which of them may have arrived although nobody was told. */
function watchPosts(faults: Faults, ledger: Ledger): WatchedPosts {
  const hanging = new Set<string>();
  return {
    onPost(connectionId, frame) {
      const kinds = ["postRefused", "postFailed", "postUnanswered", "postHanging"] as const;
      const kind = faults.oneOf(...kinds);
      const post = eventOf(connectionId, frame);
      if (post !== undefined) {
        // The same post hangs twice only when the first has been given up.
        if (kind === "postHanging") hanging.add(`${connectionId} ${frame}`);
        if (kind === "postUnanswered") {
          ledger.history.note({ type: "accepted", ...post });
          ledger.history.note({ type: "unanswered", ...post });
        }
      }
      return postFault(kind);
    },
    onAborted(connectionId, frame) {
      // What the gateway lets hang does not arrive; what it was only slow with may.
      const hung = hanging.delete(`${connectionId} ${frame}`);
      const post = hung ? undefined : eventOf(connectionId, frame);
      if (post !== undefined) ledger.history.note({ type: "unanswered", ...post });
    },
  };
}
