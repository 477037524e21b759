import { preset } from "trpc-aws-subscriptions/client";
import { WebSocket } from "ws";
import { type ClientVersion, type StockClient, stockClient } from "../../e2e/client.ts";
import { deferred } from "../../e2e/deferred.ts";
import type { Account, Audit } from "./audit.ts";
import { FEW, type RoomsRouter } from "./routes.ts";

/** Before a client asks again that was sent an error. */
const RETRY_MS = 100;

/** How a visitor is made. */
export interface VisitorOptions {
  readonly url: string;
  readonly version: ClientVersion;
  /** It is moved to another socket before the gateway cuts the one it has. */
  readonly isHandedOver: boolean;
  /** A cursor of now. */
  readonly cursor: () => string;
  readonly audit: Audit;
  readonly random: () => number;
}

/** A stock client that listens to one room, and begins anew when it is told of a gap. */
export class Visitor {
  readonly account: Account;
  /** The connection that it has, or had last. */
  connectionId = "";
  /** Told of each of its connections. */
  onConnected: (connectionId: string) => void = () => undefined;
  /** Errors that it was sent, other than gaps. */
  readonly errors: string[] = [];
  readonly #options: VisitorOptions;
  readonly #stock: StockClient<RoomsRouter>;
  #started = deferred();
  #retry: NodeJS.Timeout | undefined;

  constructor(account: Account, options: VisitorOptions) {
    this.account = account;
    this.#options = options;
    const { url, version, isHandedOver, random } = options;
    const own = account.isExact
      ? preset({ WebSocket: WebSocket as never, handOver: isHandedOver })
      : { retryDelayMs: () => random() * 100 };
    this.#stock = stockClient<RoomsRouter>({
      ...own,
      version,
      url: isHandedOver && !account.isExact ? `${url}&handOver=1` : url,
      ...(isHandedOver && { keepAlive: { enabled: true, intervalMs: 400, pongTimeoutMs: 10_000 } }),
    } as never);
    this.#subscribe();
  }

  /** Resolves with the next `started`. */
  get nextStarted(): Promise<void> {
    return this.#started.promise;
  }

  /** The gateway has a connection of it. */
  connected(connectionId: string): void {
    this.connectionId = connectionId;
    this.onConnected(connectionId);
    this.#options.audit.connected(this.account);
  }

  async leave(): Promise<void> {
    clearTimeout(this.#retry);
    await this.#stock.close();
  }

  #subscribe(): void {
    const { account } = this;
    const { audit, cursor } = this.#options;
    const { route, room, lastEventId } = account;
    audit.subscribed(account);
    this.#stock.client[route].subscribe(
      { room, lastEventId },
      {
        onData: (event) => audit.received(account, event),
        onStarted: () => {
          audit.started(account);
          this.#started.resolve();
          this.#started = deferred();
        },
        onError: ({ data, message }) => {
          if (isGap(data)) audit.gap(account, { most: FEW, cursor: cursor() });
          else this.errors.push(message);
          this.#retry = setTimeout(() => this.#subscribe(), RETRY_MS);
        },
      },
    );
  }
}

function isGap(data: object | null | undefined): boolean {
  return data != null && "cause" in data && data.cause === "RESUME_GAP";
}
