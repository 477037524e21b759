import type { VerifyGrant } from "../../broadcast/token.ts";
import { BrokerRefusedError } from "../../errors/broadcast.ts";
import { canonicalChannel } from "../../protocol/appSyncEvents.ts";
import { callErrorHandler } from "../../publisher/errorHandler.ts";
import type { AppSyncAuthorizerEvent, AppSyncAuthorizerResult } from "./event.ts";

/**
 * The handler of the Event API's Lambda authorizer.
 *
 * @category AppSync Events
 */
export type AppSyncAuthorizer = (event: AppSyncAuthorizerEvent) => Promise<AppSyncAuthorizerResult>;

/** Options of the step `authorizer`. */
export interface AppSyncAuthorizerOptions {
  /**
   * Told of everybody who was refused: it alone knows why, AppSync tells clients that they are not authorized and nothing
   * more. What it throws is dropped.
   *
   * @defaultValue nobody is told
   */
  readonly onRefused?: (refusal: {
    /** A {@link GrantTokenError}, or a {@link BrokerRefusedError} for what a good token is not for. */
    readonly error: Error;
    /** For example `EVENT_SUBSCRIBE`. */
    readonly operation: string;
    /** As the client wrote it. */
    readonly channel: string | undefined;
  }) => void;
}

/**
 * Lets whoever has a good grant connect, and subscribe to exactly the channels in it. Nobody publishes by a grant. A
 * wildcard is no channel of any grant, so it is refused as every other text is.
 */
export function createAuthorizer(
  verify: VerifyGrant,
  { onRefused }: AppSyncAuthorizerOptions = {},
): AppSyncAuthorizer {
  return async ({ authorizationToken, requestContext }) => {
    try {
      const { topics } = verify(authorizationToken);
      refuseUngranted(topics, requestContext);
      // Never kept: by then the grant may be over.
      return { isAuthorized: true, ttlOverride: 0 };
    } catch (error) {
      const { operation, channel } = requestContext;
      callErrorHandler(onRefused, { error: error as Error, operation, channel });
      return { isAuthorized: false, ttlOverride: 0 };
    }
  };
}

function refuseUngranted(
  topics: readonly string[],
  { operation, channel }: AppSyncAuthorizerEvent["requestContext"],
): void {
  if (operation === "EVENT_CONNECT") return;
  if (operation !== "EVENT_SUBSCRIBE" || typeof channel !== "string") {
    throw new BrokerRefusedError(`a grant is not for ${operation}`);
  }
  if (topics.includes(canonicalChannel(channel))) return;
  throw new BrokerRefusedError("the channel is not in the grant");
}
