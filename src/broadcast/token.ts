/** What a good token says. */
export interface GrantClaims {
  /** The broker's client that it is for. An authorizer lets nobody else connect with it. */
  readonly clientId: string;
  /** Whole names of the topics its client may subscribe to. */
  readonly topics: readonly string[];
  /** When its time is over, in epoch milliseconds. */
  readonly expiresAtMs: number;
}

/**
 * Reads a token, for authorizers. It is told apart by a signature, compared in constant time; what a client wrote is
 * not looked at before.
 *
 * @throws {@link GrantTokenError} for one that is forged, changed, cut, too large, over, or of another engine
 */
export type VerifyGrant = (token: string) => GrantClaims;
