import type { WebSocketConnectEvent } from "../../adapters/api-gateway/event.ts";
import { TestGatewayError } from "../../errors/testing.ts";
import { gatewayId, type Handshake } from "../../gateway/event.ts";
import { Routes } from "../../gateway/routes.ts";
import type { GatewayHandlers } from "../../gateway/settings.ts";
import { TaskSet } from "../../gateway/taskSet.ts";
import { utf8Bytes } from "../../protocol/keyText.ts";
import { INTEGRATION_TIMEOUT_MS, MAX_MESSAGE_BYTES } from "../../protocol/limits.ts";
import {
  connectEvent,
  nextRequestTimeMs,
  TEST_API_ID,
  TEST_DOMAIN_NAME,
  TEST_SOURCE_IP,
  TEST_STAGE,
} from "../events.ts";
import { type Ending, MemoryConnection } from "./connection.ts";
import type { Line } from "./line.ts";
import { inRealTime, turn } from "./realTime.ts";
import { UnderWay } from "./underWay.ts";
import type { ClientEnd, DialRequest, Wire } from "./webSocket.ts";

const ABNORMAL: Ending = { code: 1006, reason: "Connection closed abnormally" };
/** Turns of the event loop in which nothing happens before the gateway counts as settled. */
const QUIET_TURNS = 2;

/** A WebSocket API whose sockets are calls in this process. Its frames arrive in order, a moment after they were sent. */
export class Network {
  readonly #routes: Routes;
  readonly #tasks = new TaskSet();
  readonly #underWay = new UnderWay();
  readonly #connections = new Map<string, MemoryConnection>();
  readonly #lines = new Map<string, Line>();
  #activity = 0;
  #isStopped = false;

  constructor(handlers: Required<GatewayHandlers>) {
    const settings = {
      apiId: TEST_API_ID,
      stage: TEST_STAGE,
      now: nextRequestTimeMs,
      integrationTimeoutMs: INTEGRATION_TIMEOUT_MS,
      lambdaTimeoutMs: INTEGRATION_TIMEOUT_MS,
      onEvent: () => undefined,
      handlers: this.#underWay.watched({
        ...handlers,
        connect: (event, context) =>
          this.#lines.get(event.requestContext.connectionId)?.connect(event, context) ??
          handlers.connect(event, context),
      }),
    };
    this.#routes = new Routes(settings, this.#tasks);
  }

  connectionIds(): readonly string[] {
    return [...this.#connections.keys()];
  }

  /**
   * Takes a new socket of a client.
   *
   * @throws {@link TestGatewayError} for a host that is not this gateway's
   */
  dial(line: Line, end: ClientEnd, request: DialRequest): Wire {
    if (request.url.host !== TEST_DOMAIN_NAME) {
      const problem = `sockets of the test gateway lead to wss://${TEST_DOMAIN_NAME}/${TEST_STAGE}, and not to ${request.url.href}`;
      line.failed(problem);
      throw new TestGatewayError(`new WebSocket(): ${problem}. Use the url that comes with it.`);
    }
    const dialled: Dialled = { line, end, request };
    line.whenOnline(() => this.#run(() => this.#shakeHands(dialled)));
    return {
      send: (text) => this.#later(() => dialled.connection?.receive(text)),
      close: (code, reason) =>
        this.#later(() => {
          if (dialled.connection === undefined) end.closed(code, reason);
          else dialled.connection.close({ code, reason });
          dialled.isAbandoned = true;
        }),
    };
  }

  /** Answers PostToConnection with an HTTP status. */
  post(connectionId: string, frame: string): number {
    if (utf8Bytes(frame) > MAX_MESSAGE_BYTES) return 413;
    const connection = this.#connections.get(connectionId);
    connection?.send(frame);
    return connection === undefined ? 410 : 200;
  }

  /** Closes a connection from the gateway's side; answers DeleteConnection with an HTTP status. */
  close(connectionId: string, ending: Ending = { code: 1000, reason: "" }): number {
    const connection = this.#connections.get(connectionId);
    connection?.close(ending);
    return connection === undefined ? 410 : 204;
  }

  /** Cuts a socket without a close frame. */
  cut(connectionId: string, disconnect: boolean): void {
    this.close(connectionId, { ...ABNORMAL, disconnect });
  }

  /**
   * Resolves when no handshake and no invocation is under way, all frames have arrived and clients send nothing more.
   *
   * @throws what `onLate` makes of the invocations under way, when that takes longer
   */
  async settled(timeoutMs: number, onLate: (underWay: readonly string[]) => Error): Promise<void> {
    const waiting = { isOver: false };
    try {
      await inRealTime(this.#quiet(waiting), timeoutMs, () => onLate(this.#underWay.list()));
    } finally {
      waiting.isOver = true;
    }
  }

  /** Closes every socket with 1001 and refuses new ones. */
  stop(): void {
    this.#isStopped = true;
    for (const connectionId of this.connectionIds()) {
      this.close(connectionId, { code: 1001, reason: "Going away" });
    }
  }

  async #quiet(waiting: { readonly isOver: boolean }): Promise<void> {
    let quietTurns = 0;
    while (quietTurns < QUIET_TURNS && !waiting.isOver) {
      const before = this.#activity;
      await this.#tasks.settled();
      await turn();
      quietTurns = this.#activity === before ? quietTurns + 1 : 0;
    }
  }

  async #shakeHands(dialled: Dialled): Promise<void> {
    // Whoever made the socket has not listened to it yet.
    await null;
    const { line, end, request } = dialled;
    const refuse = (statusCode: number, reason: string, cause?: Error): void => {
      line.refused(statusCode, reason, cause);
      end.closed(ABNORMAL.code, "");
    };
    if (this.#isStopped) return refuse(503, "the test gateway is closed");
    if (!["/", `/${TEST_STAGE}`].includes(request.url.pathname)) {
      return refuse(403, `the path ${request.url.pathname} is neither / nor /${TEST_STAGE}`);
    }
    const event = connectEventOf(dialled);
    const handshake = handshakeOf(event);
    const { connectionId } = handshake;
    this.#lines.set(connectionId, line);
    const answer = await this.#routes.connect(event);
    if ("statusCode" in answer) {
      const cause = line.settings.errorOf(connectionId);
      return refuse(answer.statusCode, cause?.message ?? answer.reason, cause);
    }
    if (dialled.isAbandoned === true || this.#isStopped) {
      this.#routes.disconnect(handshake, ABNORMAL);
      return refuse(503, "the client closed its socket before the handshake was answered");
    }
    const connection = new MemoryConnection(handshake, end, {
      routes: this.#routes,
      later: (act) => this.#later(act),
      onClosed: () => {
        this.#connections.delete(connectionId);
        line.closed(connectionId);
      },
    });
    dialled.connection = connection;
    this.#connections.set(connectionId, connection);
    line.opened(connectionId);
    end.opened(answer.subprotocol ?? "");
  }

  #later(act: () => void): void {
    this.#run(async () => {
      await null;
      act();
    });
  }

  #run(task: () => Promise<void>): void {
    this.#activity += 1;
    this.#tasks.run(task);
  }
}

/** A socket on its way to being a connection. */
interface Dialled {
  readonly line: Line;
  readonly end: ClientEnd;
  readonly request: DialRequest;
  connection?: MemoryConnection;
  /** The client closed it. */
  isAbandoned?: boolean;
}

function connectEventOf({ line, request }: Dialled): WebSocketConnectEvent {
  const { headers, authorizer } = line.settings;
  const query = Object.fromEntries(request.url.searchParams);
  const protocols = request.protocols.join(", ");
  return connectEvent({
    connectionId: gatewayId(),
    headers: { ...(protocols !== "" && { "Sec-WebSocket-Protocol": protocols }), ...headers },
    ...(request.url.search !== "" && { query }),
    requestContext: authorizer === undefined ? {} : { authorizer },
  });
}

function handshakeOf({ requestContext }: WebSocketConnectEvent): Handshake {
  const { connectionId, connectedAt, authorizer } = requestContext;
  return {
    connectionId,
    connectedAt,
    domainName: TEST_DOMAIN_NAME,
    identity: { sourceIp: TEST_SOURCE_IP },
    ...(authorizer !== undefined && { authorizer }),
  };
}
