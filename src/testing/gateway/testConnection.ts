import { ConnectionRefusedError, TestGatewayError } from "../../errors/testing.ts";
import type { Line } from "./line.ts";
import type { Network } from "./network.ts";
import { turn } from "./realTime.ts";
import type { WebSocketClass } from "./stockClient.ts";

/** What `createClient` gets: where to connect, and with what. */
export interface ClientSocket {
  /** With the query string that `connect` was given. */
  readonly url: string;
  /** For `createWSClient`. Sockets of this class belong to this connection. */
  readonly WebSocket: WebSocketClass;
}

/** What `createClient` returns. */
export interface CreatedClient<TClient> {
  readonly client: TClient;
  /** Closes its socket for good, for example `() => wsClient.close()`. */
  close(): unknown;
}

/** One client of the test gateway. */
export interface TestConnection<TClient> {
  /** A tRPC client, connected. */
  readonly client: TClient;
  /** Id of the open connection; another one after a reconnect, `undefined` while there is none. */
  readonly connectionId: string | undefined;
  /**
   * Cuts the socket as a lost network does. The client comes back by itself: `await gateway.settled()`.
   *
   * @throws {@link TestGatewayError} when there is no open socket
   */
  drop(options?: DropOptions): void;
  /** As `drop`, and holds back what the client does to reconnect until {@link goOnline}. */
  goOffline(options?: DropOptions): void;
  /** Lets the client reconnect: `await gateway.settled()`. */
  goOnline(): void;
  /** Closes the client and its socket. */
  close(): Promise<void>;
}

/** How a socket is cut. */
export interface DropOptions {
  /** False loses the `$disconnect`, which API Gateway sends at best effort. @defaultValue true */
  readonly disconnect?: boolean;
}

/** Turns of the event loop in which a client that is not lazy has made its socket. */
const TURNS_TO_DIAL = 3;

/** Wraps a client whose sockets go over this line. */
export function testConnection<TClient>(
  network: Network,
  line: Line,
  { client, close }: CreatedClient<TClient>,
): TestConnection<TClient> {
  const cut = ({ disconnect = true }: DropOptions): void => {
    for (const connectionId of line.connectionIds) network.cut(connectionId, disconnect);
  };
  return {
    client,
    get connectionId() {
      return [...line.connectionIds].at(-1);
    },
    drop(options = {}) {
      if (line.connectionIds.size === 0) {
        throw new TestGatewayError(
          "drop(): there is no open socket. `await gateway.settled()` waits for a client that connects again.",
        );
      }
      cut(options);
    },
    goOffline(options = {}) {
      line.goOffline();
      cut(options);
    },
    goOnline: () => line.goOnline(),
    async close() {
      const closing = close();
      // A stock client waits for the handshake under way before it closes.
      line.goOnline();
      await closing;
    },
  };
}

/**
 * Waits until a new client is connected. One that connects at its first request is left to it.
 *
 * @throws {@link ConnectionRefusedError} when `$connect` refused it
 */
export async function connected(line: Line): Promise<void> {
  for (let turns = 0; !line.isDialled && turns < TURNS_TO_DIAL; turns++) await turn();
  if (!line.isDialled) return;
  const outcome = await line.firstOutcome;
  if (outcome.status === "opened") return;
  const { statusCode, reason, cause } = outcome;
  throw new ConnectionRefusedError(statusCode, reason, { cause });
}
