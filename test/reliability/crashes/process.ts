import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import type { chainOn } from "./router.ts";

/** What handlers and publishers of a process are made of. */
export interface Process {
  readonly chain: ReturnType<typeof chainOn>;
  readonly management: ApiGatewayManagementApiClient;
  readonly endpoint: string;
  /** What `onError` was given. */
  readonly errors: readonly Error[];
  readonly onError: (told: { readonly error: Error }) => void;
  /** For handlers. */
  readonly context: { readonly getRemainingTimeInMillis: () => number };
}

/** Time that a Lambda has; of the clock that the test turns. */
export const LAMBDA_MS = 10_000;

/** Subscriptions that a connection may have. */
export const MAX_SUBSCRIPTIONS = 3;
