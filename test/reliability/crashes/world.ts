import { BatchWriteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type {
  ConnectOptions,
  FanOutReport,
  PublisherOptions,
  WebSocketDisconnectEvent,
} from "trpc-aws-subscriptions";
import { connectEvent, disconnectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import type { Call, Fault, Plan } from "../../contract/observe.ts";
import { createTestTable, type Row, type TestTable } from "../../testTable.ts";
import { LambdaProcess } from "./lambdaProcess.ts";
import { ended, type Session } from "./router.ts";
import { type Seen, Sockets } from "./sockets.ts";
import { overNetwork, startAt, through } from "./time.ts";

/** Somebody whom nothing that goes wrong concerns. */
export const BYSTANDER = "ann";

/** Everything outside of processes, as it was at one time. */
export interface Snapshot {
  readonly rows: readonly Row[];
  readonly seen: Seen;
  readonly ended: readonly string[];
  readonly messages: readonly string[];
  readonly nowMs: number;
}

/** A table, clients with their sockets, a queue, and as many processes as are started. */
export class World {
  readonly sockets = new Sockets();
  /** Bodies in the queue of a fan-out. */
  readonly messages: string[] = [];
  /** What its workers reported. */
  readonly reports: FanOutReport[] = [];
  /** Prepared while the clock is right: the builder's times only grow. */
  readonly disconnects = new Map<string, WebSocketDisconnectEvent>();
  readonly table: TestTable;
  /** One function for all three routes. */
  readonly isOneHandler: boolean;
  #rows: readonly Row[] | undefined;

  constructor(table: TestTable, isOneHandler = false) {
    this.table = table;
    this.isOneHandler = isOneHandler;
  }

  /** A new process. */
  start(plan: Plan = () => undefined): LambdaProcess {
    this.#rows = undefined;
    return new LambdaProcess({ ...this.table, sockets: this.sockets }, plan);
  }

  /** Lets a process without faults work. */
  async clean<T>(work: (process: LambdaProcess) => Promise<T>, pageRows?: number): Promise<T> {
    const process = this.start(
      pageRows === undefined ? undefined : (call) => paged(call, pageRows),
    );
    const end = await through(process, () => work(process));
    if (end.kind === "threw") throw end.error;
    if (end.kind !== "returned") throw new Error(`a process without faults ${end.kind}`);
    return end.value as T;
  }

  /** Lets a process work until it dies before its first call of a command. */
  async untilDeath(at: string, work: (process: LambdaProcess) => Promise<unknown>): Promise<void> {
    const process = this.start(({ command }) =>
      command === at ? { before: () => process.die() } : undefined,
    );
    const { kind } = await through(process, () => work(process));
    if (kind !== "died") throw new Error(`the process ${kind} without a ${at}`);
  }

  /** Opens a connection of a user. */
  async connect(connectionId: string, query: Readonly<Record<string, string>> = {}): Promise<void> {
    const handshake = this.handshake(connectionId, query);
    const { statusCode } = await this.clean(handshake);
    if (statusCode !== 200) throw new Error(`${connectionId} was refused: ${statusCode}`);
  }

  /** The handshake of a user's connection, to be handled by a process. */
  handshake(connectionId: string, query: Readonly<Record<string, string>> = {}) {
    const event = connectEvent({ connectionId, query: { user: connectionId, ...query } });
    this.disconnects.set(connectionId, disconnectEvent({ connectionId }));
    return async (process: LambdaProcess) => {
      const result = await this.#handlersOf(process).connect(event, process.context);
      if (result.statusCode === 200) this.sockets.open.add(connectionId);
      return result;
    };
  }

  /** A frame of a client, to be handled by a process. */
  frame(connectionId: string, frame: unknown) {
    const event = messageEvent(frame, { connectionId });
    return (process: LambdaProcess) => {
      this.sockets.send(connectionId, frame);
      return this.#handlersOf(process).message(event, process.context);
    };
  }

  /** Sends a frame that is handled without a fault. */
  async send(connectionId: string, frame: unknown): Promise<void> {
    await this.clean(this.frame(connectionId, frame));
  }

  /** What `$disconnect` of a connection is handled by. */
  disconnect(connectionId: string) {
    const event = this.disconnects.get(connectionId);
    if (event === undefined) throw new Error(`${connectionId} was never connected`);
    return (process: LambdaProcess) => {
      this.sockets.open.delete(connectionId);
      return this.#handlersOf(process).disconnect(event, process.context);
    };
  }

  /** All rows; read again when there was a process since. */
  async readRows(): Promise<readonly Row[]> {
    this.#rows ??= await overNetwork(this.table.rows());
    return this.#rows;
  }

  /** Connections but that of {@link BYSTANDER}. */
  underFire(): readonly string[] {
    return [...this.disconnects.keys()].filter((connectionId) => connectionId !== BYSTANDER);
  }

  /** Everything as it is. */
  async snapshot(): Promise<Snapshot> {
    const rows = await this.readRows();
    const { seen } = this.sockets;
    return { rows, seen, ended: [...ended], messages: [...this.messages], nowMs: Date.now() };
  }

  /** Everything as it was. */
  async restore(snapshot: Snapshot): Promise<void> {
    startAt(snapshot.nowMs);
    this.sockets.reset(snapshot.seen);
    ended.splice(0, ended.length, ...snapshot.ended);
    this.reports.length = 0;
    this.messages.splice(0, this.messages.length, ...snapshot.messages);
    await this.#write(await this.readRows(), snapshot.rows);
    this.#rows = snapshot.rows;
  }

  /** An empty table, and nobody there. */
  async clear(): Promise<void> {
    const seen = { open: [], sent: [], posts: [] };
    this.disconnects.clear();
    await this.restore({ rows: [], seen, ended: [], messages: [], nowMs: Date.now() });
  }

  #handlersOf({ chain, management: client, onError }: LambdaProcess) {
    const connect: ConnectOptions<Session> = {
      authorize: ({ query }) => ({ session: { userId: query["user"] ?? "" } }),
    };
    const createContext = ({ connection: { session } }: { connection: { session: Session } }) =>
      session;
    if (this.isOneHandler) {
      const one = chain.webSocketHandler({ ...connect, client, onError, createContext });
      return { connect: one, message: one, disconnect: one };
    }
    return {
      connect: chain.connect({ ...connect, onError }),
      message: chain.handler({ client, onError, createContext }),
      disconnect: chain.disconnect({ onError }),
    };
  }

  async #write(from: readonly Row[], to: readonly Row[]): Promise<void> {
    const keyOf = ({ pk, sk }: Row): string => JSON.stringify([pk, sk]);
    const wanted = new Map(to.map((row) => [keyOf(row), row]));
    const there = new Map(from.map((row) => [keyOf(row), JSON.stringify(row)]));
    const requests = [
      ...from
        .filter((row) => !wanted.has(keyOf(row)))
        .map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } })),
      ...to
        .filter((row) => there.get(keyOf(row)) !== JSON.stringify(row))
        .map((Item) => ({ PutRequest: { Item } })),
    ];
    const client = DynamoDBDocumentClient.from(this.table.observer);
    for (let start = 0; start < requests.length; start += 25) {
      const RequestItems = { [this.table.tableName]: requests.slice(start, start + 25) };
      await overNetwork(client.send(new BatchWriteCommand({ RequestItems })));
    }
  }
}

/** A world with a table of its own. */
export async function newWorld(isOneHandler = false): Promise<World> {
  return new World(await createTestTable(), isOneHandler);
}

/** The publisher of a process. */
export function publisherOf(
  { chain, management, endpoint, onError }: LambdaProcess,
  options: Pick<PublisherOptions, "fanOut"> = {},
) {
  const limits = { deadlineMs: 4_000, postTimeoutMs: 500 };
  return chain.publisher({ client: management, endpoint, onError, ...limits, ...options });
}

/** Cuts pages of the table. */
export function paged({ command }: Call, pageRows: number): Fault | undefined {
  return command === "QueryCommand" ? { input: { Limit: pageRows } } : undefined;
}
