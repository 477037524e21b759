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
import { SimulatedTable } from "../simulation/table.ts";
import { HealthyProcess } from "./healthyProcess.ts";
import { LambdaProcess } from "./lambdaProcess.ts";
import type { Process } from "./process.ts";
import { ended, type Session } from "./router.ts";
import { type Seen, Sockets } from "./sockets.ts";
import { finish, overNetwork, startAt, through } from "./time.ts";

/** Somebody whom nothing that goes wrong concerns. */
export const BYSTANDER = "ann";

/** More rows than there ever are. */
const LARGEST_PAGE = 1_000;

/** Everything outside of processes, as it was at one time. */
export interface Snapshot {
  readonly rows: readonly Row[];
  readonly seen: Seen;
  readonly ended: readonly string[];
  readonly messages: readonly string[];
  readonly nowMs: number;
}

/**
 * A table, clients with their sockets, a queue, and as many processes as are started. The rows are in memory while
 * processes without faults are at work, and in the emulator for the others.
 */
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
  #memory = new SimulatedTable();
  /** What is in the emulator; absent while a process of it may write. */
  #written: readonly Row[] | undefined = [];

  constructor(table: TestTable, isOneHandler = false) {
    this.table = table;
    this.isOneHandler = isOneHandler;
  }

  /** A new process on the emulator. */
  async start(plan: Plan): Promise<LambdaProcess> {
    await this.#write(await this.readRows());
    return new LambdaProcess({ ...this.table, sockets: this.sockets }, plan);
  }

  /** Lets a process without faults work. */
  async clean<T>(work: (process: Process) => Promise<T>, pageRows?: number): Promise<T> {
    await this.readRows();
    this.#memory.pageItems = pageRows ?? LARGEST_PAGE;
    const process = new HealthyProcess(this.#memory, this.sockets);
    return finish(work(process), () => process.calls);
  }

  /** Lets a process work until it dies before its first call of a command. */
  async untilDeath(at: string, work: (process: Process) => Promise<unknown>): Promise<void> {
    const process = await this.start(({ command }) =>
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
    return async (process: Process) => {
      const result = await this.#handlersOf(process).connect(event, process.context);
      if (result.statusCode === 200) this.sockets.open.add(connectionId);
      return result;
    };
  }

  /** A frame of a client, to be handled by a process. */
  frame(connectionId: string, frame: unknown) {
    const event = messageEvent(frame, { connectionId });
    return (process: Process) => {
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
    return (process: Process) => {
      this.sockets.open.delete(connectionId);
      return this.#handlersOf(process).disconnect(event, process.context);
    };
  }

  /** All rows, by `pk` and `sk`. */
  async readRows(): Promise<readonly Row[]> {
    if (this.#written === undefined) {
      this.#written = await overNetwork(this.table.rows());
      this.#memory = tableOf(this.#written);
    }
    return inOrder([...this.#memory.items()] as Row[]);
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
    await this.readRows();
    this.#memory = tableOf(snapshot.rows);
  }

  /** An empty table, and nobody there. */
  async clear(): Promise<void> {
    const seen = { open: [], sent: [], posts: [] };
    this.disconnects.clear();
    await this.restore({ rows: [], seen, ended: [], messages: [], nowMs: Date.now() });
  }

  #handlersOf({ chain, management: client, onError }: Process) {
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

  /** Makes the emulator hold these rows, for a process to change. */
  async #write(to: readonly Row[]): Promise<void> {
    const from = this.#written ?? [];
    this.#written = undefined;
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

function tableOf(rows: readonly Row[]): SimulatedTable {
  const table = new SimulatedTable();
  for (const row of rows) table.write({ Item: row });
  return table;
}

function inOrder(rows: readonly Row[]): readonly Row[] {
  const order = ({ pk, sk }: Row): string => JSON.stringify([pk, sk]);
  return rows.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** A world with a table of its own. */
export async function newWorld(isOneHandler = false): Promise<World> {
  return new World(await createTestTable(), isOneHandler);
}

/** The publisher of a process. */
export function publisherOf(
  { chain, management, endpoint, onError }: Process,
  options: Pick<PublisherOptions, "fanOut"> = {},
) {
  const limits = { deadlineMs: 4_000, postTimeoutMs: 500 };
  return chain.publisher({ client: management, endpoint, onError, ...limits, ...options });
}

/** Cuts pages of the table. */
export function paged({ command }: Call, pageRows: number): Fault | undefined {
  return command === "QueryCommand" ? { input: { Limit: pageRows } } : undefined;
}
