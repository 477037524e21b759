import type { WebSocketConnectEvent, WebSocketHandler } from "../../adapters/api-gateway/event.ts";

/** What all handshakes of one client have in common, its reconnects included. */
export interface LineSettings {
  readonly headers: Readonly<Record<string, string>>;
  /** What the API's Lambda authorizer would have returned. */
  readonly authorizer: Readonly<Record<string, unknown>> | undefined;
  /** Decides in place of the gateway's own `$connect` handler. */
  readonly connect: WebSocketHandler<WebSocketConnectEvent> | undefined;
  /** What `$connect` reported of a connection. */
  errorOf(connectionId: string): Error | undefined;
}

/** How a handshake ended. */
export type Outcome =
  | { readonly status: "opened" }
  | {
      readonly status: "refused";
      readonly statusCode: number;
      readonly reason: string;
      /** What `$connect` reported, if it was asked. */
      readonly cause: Error | undefined;
    };

/** The way from one client to the gateway: it can be cut, and every socket that the client makes goes over it. */
export class Line {
  readonly settings: LineSettings;
  /** The connections that are open, oldest first. */
  readonly connectionIds: Set<string> = new Set();
  /** Resolves when the first handshake was answered. */
  readonly firstOutcome: Promise<Outcome>;
  readonly #held: (() => void)[] = [];
  #answer: (outcome: Outcome) => void = () => undefined;
  #isOnline = true;
  #isDialled = false;

  constructor(settings: LineSettings) {
    this.settings = settings;
    this.firstOutcome = new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  /** Whether the client has made a socket. */
  get isDialled(): boolean {
    return this.#isDialled;
  }

  get isOnline(): boolean {
    return this.#isOnline;
  }

  connect(
    ...[event, context]: Parameters<WebSocketHandler<WebSocketConnectEvent>>
  ): ReturnType<WebSocketHandler<WebSocketConnectEvent>> | undefined {
    return this.settings.connect?.(event, context);
  }

  /** Runs the handshake of a new socket: now, or when the client is online again. */
  whenOnline(shakeHands: () => void): void {
    this.#isDialled = true;
    if (this.#isOnline) shakeHands();
    else this.#held.push(shakeHands);
  }

  /** A socket could not even be made. */
  failed(problem: string): void {
    this.#isDialled = true;
    this.refused(404, problem);
  }

  goOffline(): void {
    this.#isOnline = false;
  }

  goOnline(): void {
    this.#isOnline = true;
    for (const shakeHands of this.#held.splice(0)) shakeHands();
  }

  opened(connectionId: string): void {
    this.connectionIds.add(connectionId);
    this.#answer({ status: "opened" });
  }

  refused(statusCode: number, reason: string, cause?: Error): void {
    this.#answer({ status: "refused", statusCode, reason, cause });
  }

  closed(connectionId: string): void {
    this.connectionIds.delete(connectionId);
  }
}
