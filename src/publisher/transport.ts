/** How one frame is posted. */
export interface PostOptions {
  /** Ends the waiting for an answer, and the request. */
  readonly signal: AbortSignal;
  /** One of many: a way that takes longer to set up and less for each may be taken. @defaultValue false */
  readonly bulk?: boolean;
}

/**
 * How frames reach connections. Implemented by the API Gateway adapter; tests and other engines bring their own.
 */
export interface Transport {
  /**
   * Sends one text frame to one connection. Tries once.
   *
   * @throws {@link TransportError} rejects with it for every answer but success
   */
  post(connectionId: string, frame: string, options: PostOptions): Promise<void>;

  /**
   * Closes one connection; a connection that is closed already is a success.
   *
   * @throws {@link TransportError} rejects with it for every answer but success
   */
  close(connectionId: string, signal: AbortSignal): Promise<void>;
}
