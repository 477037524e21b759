import type { GrantClaims, VerifyGrant } from "../../broadcast/token.ts";
import { GrantTokenError } from "../../errors/broadcast.ts";
import { canonicalChannel } from "../../protocol/appSyncEvents.ts";
import type { AppSyncAuthorizerEvent, AppSyncAuthorizerResult } from "./event.ts";

/**
 * The handler of the Event API's Lambda authorizer.
 *
 * @category AppSync Events
 */
export type AppSyncAuthorizer = (event: AppSyncAuthorizerEvent) => Promise<AppSyncAuthorizerResult>;

/**
 * Lets whoever has a good grant connect, and subscribe to exactly the channels in it. Nobody publishes by a grant. A
 * wildcard is no channel of any grant, so it is refused as every other text is.
 */
export function createAuthorizer(verify: VerifyGrant): AppSyncAuthorizer {
  return async ({ authorizationToken, requestContext }) => {
    const claims = claimsOf(verify, authorizationToken);
    const isAuthorized = claims !== undefined && mayDo(claims, requestContext);
    // Never kept: by then the grant may be over.
    return { isAuthorized, ttlOverride: 0 };
  };
}

function mayDo(
  { topics }: GrantClaims,
  { operation, channel }: AppSyncAuthorizerEvent["requestContext"],
): boolean {
  if (operation === "EVENT_CONNECT") return true;
  if (operation !== "EVENT_SUBSCRIBE" || typeof channel !== "string") return false;
  return topics.includes(canonicalChannel(channel));
}

function claimsOf(verify: VerifyGrant, token: unknown): GrantClaims | undefined {
  try {
    return typeof token === "string" ? verify(token) : undefined;
  } catch (error) {
    if (error instanceof GrantTokenError) return undefined;
    throw error;
  }
}
