import { countText, filterText, pathText, printable } from "../text.ts";
import type { DevEvent } from "./events.ts";

/** Width of the column that says what happened; the longest is `subscription.stop`. */
const KIND_WIDTH = 17;
const MAX_SESSION_LENGTH = 60;

/** One line for a person, without the time. */
export function eventText(event: DevEvent): string {
  const [kind, ...parts] = partsOf(event);
  return `${(kind ?? "").padEnd(KIND_WIDTH)}  ${parts.filter((part) => part !== "").join("  ")}`.trimEnd();
}

function partsOf(event: DevEvent): readonly string[] {
  switch (event.type) {
    case "ready":
      return ["ready", event.url];
    case "connect":
      return ["connect", who(event), status(event.statusCode), ended(event)];
    case "disconnect":
      return ["disconnect", who(event), rows(0, event.deletes), ended(event)];
    case "frame":
      return [
        printable(event.method),
        who(event),
        printable(event.path ?? ""),
        ...event.filters.map(filterText),
        rows(event.rowsWritten, event.deletes),
        event.replayed === 0 ? "" : `${countText(event.replayed, "event")} replayed`,
        event.reply === undefined ? "" : `-> ${printable(event.reply)}`,
        ended(event),
      ];
    case "audience": {
      const shard = event.shard === 0 ? "" : `shard ${event.shard}`;
      const more = event.isContinued ? "next page" : "";
      return [
        "audience",
        pathText(event.path),
        audienceText(event),
        shard,
        more,
        countText(event.rows, "row"),
      ];
    }
    case "kept": {
      const filters = event.filters.map((filter) =>
        typeof filter === "string" ? filter : filterText(filter),
      );
      return ["kept", pathText(event.path), ...filters, event.eventId, event.hasKey ? "key" : ""];
    }
    case "post": {
      const what = event.what === undefined ? "" : printable(event.what);
      const kind = { PostToConnection: "post", GetConnection: "get", DeleteConnection: "close" };
      const size = event.operation === "PostToConnection" ? countText(event.bytes, "byte") : "";
      return [kind[event.operation], who(event), what, size, status(event.statusCode)];
    }
    case "cleanUp":
      return ["clean-up", who(event), rows(0, event.rows)];
    case "worker": {
      const failed = event.failed === 0 ? "" : `${event.failed} failed`;
      return ["worker", countText(event.messages, "message"), failed, ended(event)];
    }
    case "reloaded":
      return ["reloaded", event.file, milliseconds(event.durationMs)];
    case "reloadFailed":
      return ["not reloaded", `${event.error} The version before goes on serving.`];
    case "output":
      return [event.stream === "stdout" ? "log" : "log (stderr)", printable(event.line)];
    case "warning":
      return ["warning", event.message];
  }
}

function who(event: {
  readonly connectionId: string;
  readonly id?: string | number;
  readonly session?: string;
}): string {
  const { connectionId, id, session = "" } = event;
  const reference = printable(id === undefined ? connectionId : `${connectionId}/${id}`);
  const name = printable(session);
  return `${reference}  ${name.length > MAX_SESSION_LENGTH ? `${name.slice(0, MAX_SESSION_LENGTH)}…` : name}`.trimEnd();
}

function audienceText({ filter }: Extract<DevEvent, { type: "audience" }>): string {
  return filter === undefined ? "everybody" : filterText(filter);
}

function rows(written: number, deletes: number): string {
  return [
    written === 0 ? "" : `${countText(written, "row")} written`,
    deletes === 0 ? "" : countText(deletes, "delete"),
  ]
    .filter((part) => part !== "")
    .join(", ");
}

function status(code: number | undefined): string {
  return code === undefined ? "no answer" : String(code);
}

function ended({
  durationMs,
  error,
}: {
  readonly durationMs: number;
  readonly error?: string;
}): string {
  return `${error === undefined ? "" : `threw ${error}  `}${milliseconds(durationMs)}`;
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}
