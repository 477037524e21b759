/** The part of tRPC's `createWSClient` options that {@link apiGatewayPreset} fills in. */
export interface ApiGatewayPreset {
  readonly keepAlive: {
    readonly enabled: boolean;
    /** Milliseconds without a message until the client sends `PING`. */
    readonly intervalMs: number;
    /** Milliseconds the client waits for `PONG` before it takes the socket for dead. */
    readonly pongTimeoutMs: number;
  };
  /** Pause before a reconnect, in milliseconds, by the number of failed attempts. */
  readonly retryDelayMs: (attempt: number) => number;
}

/**
 * Half of API Gateway's idle limit of ten minutes: one lost `PING` does not cost the socket, and each one is an
 * invocation that is paid for.
 */
const KEEP_ALIVE_INTERVAL_MS = 5 * 60 * 1000;
/** tRPC's default of one second is shorter than a cold start of the Lambda that answers. */
const PONG_TIMEOUT_MS = 10_000;

/** The longest pause before a reconnect. */
export const LONGEST_RETRY_DELAY_MS = 30_000;

/** A pause of random length, up to one second at first and twice as long each time. */
export function jitteredDelayMs(failures: number): number {
  return Math.random() * Math.min(LONGEST_RETRY_DELAY_MS, 1000 * 2 ** Math.max(0, failures));
}

/**
 * Options that fit API Gateway, for tRPC's client alone: `createWSClient({ url, ...apiGatewayPreset() })`.
 * {@link preset} is the same with {@link resilientWebSocket}.
 *
 * Keeps an idle socket open beyond ten minutes, and spreads reconnects at random: all sockets opened together are cut
 * together after two hours, and an account accepts 500 new connections a second.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 *
 * @category Client
 */
export function apiGatewayPreset(): ApiGatewayPreset {
  return {
    keepAlive: {
      enabled: true,
      intervalMs: KEEP_ALIVE_INTERVAL_MS,
      pongTimeoutMs: PONG_TIMEOUT_MS,
    },
    retryDelayMs: jitteredDelayMs,
  };
}
