import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { TRPCError } from "@trpc/server";
import type { Store } from "trpc-aws-subscriptions";
import { Boards } from "./boards.ts";
import { type BoardPublisher, createChain } from "./chain.ts";
import { createPublishingNotifier, type RunPublish } from "./publishingNotifier.ts";
import { createAppRouter, type Session } from "./router.ts";
import { userOfToken } from "./users.ts";

/** What of its surroundings the app needs. */
export interface BoardAppOptions {
  readonly store: Store;
  readonly endpoint: string;
  readonly client?: ApiGatewayManagementApiClient;
  /** Where the page is served from. */
  readonly allowedOrigins: readonly string[];
  readonly runPublish: RunPublish;
  readonly onError: (error: Error) => void;
}

/** @throws {@link TRPCError} `UNAUTHORIZED` for a token of nobody */
export function authenticate(token: string | undefined): Session {
  const user = userOfToken(token);
  if (user === undefined) throw new TRPCError({ code: "UNAUTHORIZED", message: "Unknown user." });
  return { userId: user.id };
}

/** The handlers of the WebSocket API, and the router for the HTTP API. */
export function createBoardApp(options: BoardAppOptions) {
  const { store, endpoint, client, allowedOrigins } = options;
  const deployed = { endpoint, ...(client !== undefined && { client }) };
  const onError = ({ error }: { readonly error: Error }): void => options.onError(error);

  // The router's hooks publish, and the publisher needs the router: it is made at the end.
  let publisher: BoardPublisher | undefined;
  const notifier = createPublishingNotifier(() => {
    if (publisher === undefined) throw new Error("published before the app was made");
    return publisher;
  }, options.runPublish);
  const router = createAppRouter({ boards: new Boards(), notifier });
  const chain = createChain(router, store);
  publisher = chain.publisher({ ...deployed, onError });

  return {
    router,
    connect: chain.connect({
      allowedOrigins,
      authorize: ({ query }) => ({ session: authenticate(query["token"]) }),
    }),
    disconnect: chain.disconnect({ onError }),
    handler: chain.handler({
      ...deployed,
      createContext: ({ connection }) => ({ userId: connection.session.userId }),
      onError,
    }),
  };
}
