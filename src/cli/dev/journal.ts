import type { WebSocketEvent } from "../../adapters/api-gateway/event.ts";
import type { GatewayObservation } from "../../local/observation.ts";
import type { RequestId } from "../../protocol/requestId.ts";
import type { HashedText, KeyFilter } from "../../store/readKeys.ts";
import { lineOf } from "../failure.ts";
import { printable } from "../text.ts";
import type { DevEvent } from "./events.ts";
import { type MessageSummary, messagesOf, type ReplySummary, replyOf } from "./frames.ts";
import type { TableObservation } from "./tableCalls.ts";

/** What one message has led to so far. */
interface Trace extends MessageSummary {
  filters: readonly KeyFilter[];
  rowsWritten: number;
  deletes: number;
  replayed: number;
  reply?: string;
  /** Events that were read from the history of its path meanwhile. */
  readonly missed: Set<string>;
}

type Ending = Pick<Extract<DevEvent, { type: "connect" }>, "durationMs" | "outcome" | "error">;

/** Puts together what is seen at the gateway and at the table, and tells of it. */
export class Journal {
  readonly #tell: (event: DevEvent) => void;
  readonly #sessions = new Map<string, string>();
  /** Of each connection the messages that are being handled. */
  readonly #open = new Map<string, Set<Trace>>();

  readonly #missingTables = new Set<string>();
  #hasHinted = false;

  constructor(tell: (event: DevEvent) => void) {
    this.#tell = tell;
  }

  /** Runs an invocation and tells of it. */
  async around<T>(event: WebSocketEvent, invoke: () => Promise<T>): Promise<T> {
    const { connectionId, eventType } = event.requestContext;
    const traces = this.#begin(connectionId, messagesOfEvent(event));
    const startedAt = performance.now();
    const [ended] = await Promise.allSettled([invoke()]);
    const ending: Ending = {
      durationMs: performance.now() - startedAt,
      ...(ended.status === "fulfilled"
        ? { outcome: "returned" }
        : { outcome: "threw", error: lineOf(ended.reason) }),
    };
    this.#end(connectionId, traces);
    if (eventType === "CONNECT") {
      this.#tellOfConnect(connectionId, ending, ended.status === "fulfilled" && ended.value);
    } else {
      for (const trace of traces) this.#tellOfMessage(connectionId, trace, ending);
    }
    if (eventType === "DISCONNECT") this.#sessions.delete(connectionId);
    if (ended.status === "rejected") throw ended.reason;
    return ended.value;
  }

  #begin(connectionId: string, messages: readonly MessageSummary[]): readonly Trace[] {
    const traces = messages.map((message) => ({
      ...message,
      filters: [],
      rowsWritten: 0,
      deletes: 0,
      replayed: 0,
      missed: new Set<string>(),
    }));
    const open = this.#open.get(connectionId) ?? new Set();
    for (const trace of traces) open.add(trace);
    this.#open.set(connectionId, open);
    return traces;
  }

  #end(connectionId: string, traces: readonly Trace[]): void {
    const open = this.#open.get(connectionId);
    for (const trace of traces) open?.delete(trace);
    if (open?.size === 0) this.#open.delete(connectionId);
  }

  /** Takes what the gateway observed. */
  gateway(observation: GatewayObservation): void {
    if (observation.type !== "management") return;
    const { connectionId, operation, statusCode, body } = observation;
    const reply = body === undefined ? undefined : replyOf(body);
    if (statusCode === 200 && this.#isReplay(connectionId, reply)) return;
    const trace = reply === undefined ? undefined : this.#unanswered(connectionId, reply);
    if (reply?.what === "INTERNAL_SERVER_ERROR") this.#hint();
    if (trace !== undefined && reply !== undefined && statusCode === 200) {
      trace.reply = reply.what;
      return;
    }
    this.#tell({
      type: "post",
      operation,
      ...this.#who(connectionId),
      ...reply,
      bytes: Buffer.byteLength(body ?? ""),
      ...(statusCode !== undefined && { statusCode }),
    });
  }

  /** Takes what was seen at the table. */
  table(observation: TableObservation): void {
    switch (observation.type) {
      case "connection":
        if (observation.session === undefined) return;
        this.#sessions.set(observation.connectionId, observation.session);
        return;
      case "subscribed": {
        const trace = this.#traceOf(observation.connectionId, observation.id);
        if (trace === undefined) return;
        trace.filters = observation.filters;
        trace.rowsWritten += observation.rows;
        return;
      }
      case "deleted": {
        const { connectionId, id, rows } = observation;
        const trace = this.#traceOf(connectionId, id) ?? this.#ending(connectionId);
        if (trace !== undefined) trace.deletes += rows;
        else this.#tell({ type: "cleanUp", ...this.#who(connectionId), id, rows });
        return;
      }
      case "audience":
      case "kept":
        this.#tell(observation);
        return;
      case "missed":
        for (const trace of this.#subscribing(observation.path)) {
          for (const eventId of observation.eventIds) trace.missed.add(eventId);
        }
        return;
      case "noTable":
        this.#tellOfTable(observation.tableName);
    }
  }

  #tellOfConnect(connectionId: string, end: Ending, result: unknown): void {
    const status: unknown =
      typeof result === "object" && result !== null ? Reflect.get(result, "statusCode") : undefined;
    if (typeof status === "number" && status >= 500) this.#hint();
    this.#tell({
      type: "connect",
      ...this.#who(connectionId),
      ...(typeof status === "number" && { statusCode: status }),
      ...end,
    });
  }

  #tellOfMessage(connectionId: string, trace: Trace, end: Ending): void {
    const who = this.#who(connectionId);
    if (trace.method === "DISCONNECT") {
      this.#tell({ type: "disconnect", ...who, deletes: trace.deletes, ...end });
    } else {
      const { missed: _, ...told } = trace;
      this.#tell({ type: "frame", ...who, ...told, ...end });
    }
  }

  #tellOfTable(tableName: string): void {
    if (this.#missingTables.has(tableName)) return;
    this.#missingTables.add(tableName);
    this.#tell({
      type: "warning",
      message: `there is no table "${printable(tableName)}" here. Let the store read TABLE_NAME, or start with --table ${printable(tableName)}`,
    });
  }

  /** Clients are not told the reason of a fault, and without `onError` nobody is. */
  #hint(): void {
    if (this.#hasHinted) return;
    this.#hasHinted = true;
    this.#tell({
      type: "warning",
      message:
        "a fault was answered with INTERNAL_SERVER_ERROR. Its reason goes to onError alone: connect({ onError }), handler({ onError })",
    });
  }

  #who(connectionId: string): { readonly connectionId: string; readonly session?: string } {
    const session = this.#sessions.get(connectionId);
    return { connectionId, ...(session !== undefined && { session }) };
  }

  #traceOf(connectionId: string, id: RequestId): Trace | undefined {
    return [...(this.#open.get(connectionId) ?? [])].find((trace) => trace.id === id);
  }

  #ending(connectionId: string): Trace | undefined {
    const open = [...(this.#open.get(connectionId) ?? [])];
    return open.find(({ method }) => method === "DISCONNECT");
  }

  #subscribing(path: string | HashedText): readonly Trace[] {
    const open = [...this.#open.values()].flatMap((traces) => [...traces]);
    return open.filter((trace) => trace.method === "subscription" && trace.path === path);
  }

  /** Counts a message that sends a client what it missed: it is told of with the frame that asked for it. */
  #isReplay(connectionId: string, { id, eventId }: Partial<ReplySummary> = {}): boolean {
    const trace = id === undefined ? undefined : this.#traceOf(connectionId, id);
    if (trace === undefined || eventId === undefined || !trace.missed.has(eventId)) return false;
    trace.replayed++;
    return true;
  }

  #unanswered(connectionId: string, reply: ReplySummary): Trace | undefined {
    return [...(this.#open.get(connectionId) ?? [])].find(
      (trace) =>
        trace.reply === undefined &&
        trace.id === reply.id &&
        (reply.id !== undefined || (trace.method === "ping") === (reply.what === "PONG")),
    );
  }
}

function messagesOfEvent(event: WebSocketEvent): readonly MessageSummary[] {
  const { eventType } = event.requestContext;
  return "body" in event && eventType === "MESSAGE"
    ? messagesOf(event.body ?? "")
    : [{ method: eventType }];
}
