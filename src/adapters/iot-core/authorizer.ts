import type { GrantClaims, VerifyGrant } from "../../broadcast/token.ts";
import { BrokerRefusedError, GrantTokenError } from "../../errors/broadcast.ts";
import { MAX_CONNECTION_SECONDS, MIN_AUTHORIZED_SECONDS } from "../../protocol/iotCoreLimits.ts";
import { callErrorHandler } from "../../publisher/errorHandler.ts";
import type { IotAuthorizer, IotAuthorizerEvent, IotAuthorizerResult } from "./event.ts";
import type { IotSettings } from "./options.ts";
import { type ArnOf, policiesFor } from "./policies.ts";

/** Options of the step `authorizer`. */
export interface IotAuthorizerOptions {
  /**
   * Told of every client that was not let in: it alone knows why, IoT Core tells nobody. What it throws is dropped.
   *
   * @defaultValue nobody is told
   */
  readonly onRefused?: (refusal: {
    /** A {@link GrantTokenError}, or a {@link BrokerRefusedError} for a client that is not the token's. */
    readonly error: Error;
    /** As the client wrote it. */
    readonly clientId: string | undefined;
  }) => void;
}

/** What is between two tokens of one password. */
const BETWEEN_TOKENS = ",";
/** As many as a connection has subscriptions, and twice as many as policies hold. */
const MAX_TOKENS = 100;

/** The answer for who may not connect. */
export const REFUSED: IotAuthorizerResult = {
  isAuthenticated: false,
  principalId: "refused",
  disconnectAfterInSeconds: MIN_AUTHORIZED_SECONDS,
  refreshAfterInSeconds: MIN_AUTHORIZED_SECONDS,
  policyDocuments: [],
};

/** Makes the Lambda handler that decides who may connect. */
export function createAuthorizer(
  settings: IotSettings,
  verify: VerifyGrant,
  { onRefused }: IotAuthorizerOptions = {},
): IotAuthorizer {
  return async (event, { invokedFunctionArn }) => {
    try {
      return authorized(settings, event, { claims: claimsOf(event, verify), invokedFunctionArn });
    } catch (error) {
      const { clientId } = event.protocolData.mqtt ?? {};
      callErrorHandler(onRefused, { error: error as Error, clientId });
      return REFUSED;
    }
  };
}

/**
 * What the tokens say; the first one is that of the client itself. One that is none of ours is enough to refuse them all,
 * but one whose time is over only takes its topics with it: the other subscriptions of a client live on.
 */
function claimsOf(
  event: IotAuthorizerEvent,
  verify: VerifyGrant,
): readonly [GrantClaims, ...GrantClaims[]] {
  const { password = "" } = event.protocolData.mqtt ?? {};
  const tokens = Buffer.from(password, "base64").toString().split(BETWEEN_TOKENS);
  if (tokens.length > MAX_TOKENS) {
    throw new BrokerRefusedError(
      `the client has ${tokens.length} tokens, at most ${MAX_TOKENS} are read`,
    );
  }
  const [own = "", ...others] = tokens;
  return [verify(own), ...others.flatMap((token) => verifiedUnlessExpired(token, verify))];
}

function verifiedUnlessExpired(token: string, verify: VerifyGrant): readonly GrantClaims[] {
  try {
    return [verify(token)];
  } catch (error) {
    if (error instanceof GrantTokenError && error.problem === "expired") return [];
    throw error;
  }
}

function authorized(
  settings: IotSettings,
  event: IotAuthorizerEvent,
  admitted: {
    readonly claims: readonly [GrantClaims, ...GrantClaims[]];
    readonly invokedFunctionArn: string;
  },
): IotAuthorizerResult {
  const { claims, invokedFunctionArn } = admitted;
  const [own] = claims;
  const clientId = settings.clientIdPrefix + own.clientId;
  // Whoever comes with another's id throws that one out.
  if (event.protocolData.mqtt?.clientId !== clientId) {
    throw new BrokerRefusedError("the client id is not the one that the token is for");
  }
  const topics = [...new Set(claims.flatMap((claim) => claim.topics))];
  const policyDocuments = policiesFor(settings, arnsOf(invokedFunctionArn), { clientId, topics });
  if (policyDocuments === undefined) {
    throw new BrokerRefusedError(
      `${topics.length} topics are more than the policies of one connection hold`,
    );
  }
  const seconds = secondsUntil(Math.min(...claims.map(({ expiresAtMs }) => expiresAtMs)));
  return {
    isAuthenticated: true,
    principalId: own.clientId,
    disconnectAfterInSeconds: seconds,
    // Not before: asked again, it would find a token whose time is nearly over.
    refreshAfterInSeconds: seconds,
    policyDocuments,
  };
}

/** A connection ends with the first of its grants, or when IoT Core lets it end. */
function secondsUntil(atMs: number): number {
  const seconds = Math.ceil((atMs - Date.now()) / 1000);
  return Math.min(MAX_CONNECTION_SECONDS, Math.max(MIN_AUTHORIZED_SECONDS, seconds));
}

/** The broker is in the account and region of its authorizer. */
export function arnsOf(functionArn: string): ArnOf {
  const [, partition, , region, account] = functionArn.split(":");
  return (kind, name) => `arn:${partition}:iot:${region}:${account}:${kind}/${name}`;
}
