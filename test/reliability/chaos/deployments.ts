import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import {
  isSubscriptionsError,
  type Store,
  type WebSocketConnectEvent,
  type WebSocketDisconnectEvent,
  type WebSocketEvent,
  type WebSocketHandler,
  type WebSocketMessageEvent,
} from "trpc-aws-subscriptions";
import { deployed } from "./members.ts";

/** The handlers of the three routes. */
export interface Handlers {
  readonly connect: WebSocketHandler<WebSocketConnectEvent>;
  readonly disconnect: WebSocketHandler<WebSocketDisconnectEvent>;
  readonly default: WebSocketHandler<WebSocketMessageEvent>;
}

/** What handlers told of. */
export interface HandlerErrors {
  /** By the error's name or code. */
  readonly counts: Map<string, number>;
  /** Connections that an answer was not posted to. */
  readonly unreachable: Set<string>;
  /** Connections whose `$disconnect` failed. */
  readonly notCleanedUp: Set<string>;
}

/** Told of every connection that `$connect` is asked for, with the query string of its URL. */
export type OnConnect = (
  connectionId: string,
  query: Readonly<Record<string, string | undefined>>,
) => void;

/** What a deployment needs. */
export interface DeploymentOptions {
  readonly store: Store;
  /** Answers are posted through it. */
  readonly client: ApiGatewayManagementApiClient;
  readonly onConnect: OnConnect;
  /** An invocation told of an error. */
  readonly onFailed: (event: WebSocketEvent) => void;
}

/** The versions of an application that are deployed on one table, one of them on its way out. */
export class Deployments {
  readonly errors: HandlerErrors = {
    counts: new Map(),
    unreachable: new Set(),
    notCleanedUp: new Set(),
  };
  readonly #options: DeploymentOptions;
  readonly #random: () => number;
  #versions: readonly Handlers[] = [];
  #chain: ReturnType<typeof deployed>;
  #count = 0;

  /** @param random - decides which version an invocation meets */
  constructor(options: DeploymentOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
    this.#chain = deployed(options.store);
    this.deploy();
  }

  /** Deployments until now, the first one included. */
  get count(): number {
    return this.#count;
  }

  /** The newest version. */
  get chain(): ReturnType<typeof deployed> {
    return this.#chain;
  }

  /** The version that an invocation meets. */
  get handlers(): Handlers {
    const [older, newer = older] = this.#versions;
    const one = this.#random() < 0.5 ? older : newer;
    if (one === undefined) throw new Error("nothing is deployed");
    return one;
  }

  /** Another version takes half of the invocations, beside the one before it. */
  deploy(): void {
    this.#count++;
    this.#chain = deployed(this.#options.store);
    this.#versions = [...this.#versions.slice(-1), this.#handlers()];
  }

  #handlers(): Handlers {
    const { client, onConnect, onFailed } = this.#options;
    const chain = this.#chain;
    const { counts, unreachable, notCleanedUp } = this.errors;
    const onError = (failure: { readonly error: Error; readonly req: WebSocketEvent }): void => {
      const { connectionId } = failure.req.requestContext;
      const { cause = failure.error } = failure.error;
      const name = cause instanceof Error ? cause.name : String(cause);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if (isSubscriptionsError(cause) && cause.code === "TRANSPORT") unreachable.add(connectionId);
      onFailed(failure.req);
    };
    return {
      connect: chain.connect({
        onError,
        authorize({ query, connection }) {
          onConnect(connection.id, query);
          return { session: JSON.parse(query["session"] ?? "{}") };
        },
      }),
      disconnect: chain.disconnect({
        onError(failure) {
          notCleanedUp.add(failure.req.requestContext.connectionId);
          onError(failure);
        },
      }),
      default: chain.handler({
        client,
        onError,
        createContext: ({ connection: { session, connectionParams } }) => ({
          tenant: session.tenant,
          user: session.user ?? connectionParams?.["user"] ?? "",
        }),
      }),
    };
  }
}
