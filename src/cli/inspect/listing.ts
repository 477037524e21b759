import type {
  InspectedConnection,
  InspectedHistory,
  InspectedSubscription,
  PublishExplanation,
  TableInspection,
} from "../../inspect/types.ts";
import { countText, durationText, filterText, pathText, printable } from "../text.ts";
import { reasonText, warningText } from "./reasonText.ts";

/** Tells what counts from what only waits to be deleted. */
export function isLive(
  inspection: TableInspection,
  one: InspectedConnection | InspectedSubscription,
): boolean {
  const isOn = one.state === "open" || one.state === "active" || one.state === "leftOver";
  return isOn && one.expireAt * 1000 > inspection.readAt;
}

/** Connections with their subscriptions, then histories, for a person. */
export function listingLines(inspection: TableInspection): readonly string[] {
  const { connections, subscriptions, histories, readAt } = inspection;
  const known = new Set(connections.map(({ connectionId }) => connectionId));
  const others = subscriptions.filter(({ connectionId }) => !known.has(connectionId));
  const linesById = new Map<string, string[]>();
  for (const one of subscriptions) {
    const lines = linesById.get(one.connectionId) ?? [];
    lines.push(subscriptionLine(one, readAt));
    linesById.set(one.connectionId, lines);
  }
  const summary = `${countText(connections.length, "connection")}, ${countText(subscriptions.length, "subscription")}, ${countText(inspection.rowsRead, "row")} read`;
  return [
    ...connections.flatMap((connection) => [
      connectionLine(connection, readAt),
      ...(linesById.get(connection.connectionId) ?? []),
    ]),
    ...(others.length === 0 ? [] : ["connections without a row"]),
    ...others.map((one) => subscriptionLine(one, readAt)),
    ...histories.map((one) => historyLine(one, readAt)),
    summary,
  ];
}

function connectionLine(connection: InspectedConnection, now: number): string {
  const { connectionId, state, connectedAt, expireAt, api, session, connectionParams } = connection;
  const isExpired = expireAt * 1000 <= now;
  return [
    printable(connectionId),
    isExpired ? `expired ${durationText(now - expireAt * 1000)} ago` : state,
    connectedAt === 0 ? "" : `since ${new Date(connectedAt).toISOString()}`,
    `API ${printable(`${api.apiId}/${api.stage}`)}`,
    session === undefined ? "" : `session ${printable(session)}`,
    connectionParams === "none" ? "" : `connectionParams ${connectionParams}`,
  ]
    .filter((part) => part !== "")
    .join("  ");
}

function subscriptionLine(subscription: InspectedSubscription, now: number): string {
  const { state, path, expireAt, requestTimeMs, routes } = subscription;
  const isExpired = expireAt * 1000 <= now;
  const stateText = {
    active: "",
    stopped: `stopped ${durationText(now - requestTimeMs)} ago`,
    leftOver: "left over: its subscription has ended",
  }[state];
  const filters = routes.map((route) => {
    const text =
      route.filter === undefined
        ? "everybody"
        : route.filter === "unreadable"
          ? "unreadable"
          : filterText(route.filter);
    return route.isStored ? text : `${text} (row deleted)`;
  });
  const streams = state === "active" ? "streams: publishers do not find it" : "";
  return `  ${[
    referenceText(subscription),
    printable(path),
    isExpired ? `expired ${durationText(now - expireAt * 1000)} ago` : stateText,
    filters.length === 0 ? streams : filters.join("  "),
  ]
    .filter((part) => part !== "")
    .join("  ")}`;
}

function historyLine(history: InspectedHistory, now: number): string {
  const { path, events, oldestAt = now, newestAt = now, publishKeys, quietNotes } = history;
  const ages = `${durationText(now - oldestAt)} to ${durationText(now - newestAt)} old`;
  return [
    `history of ${pathText(path)}`,
    `${countText(events, "event")}${events === 0 ? "" : `, ${ages}`}`,
    publishKeys === 0 ? "" : countText(publishKeys, "publish key"),
    quietNotes === 0 ? "" : countText(quietNotes, "quiet note"),
  ]
    .filter((part) => part !== "")
    .join("  ");
}

/** As `--subscription` takes it. */
export function referenceText({
  connectionId,
  id,
}: Pick<InspectedSubscription, "connectionId" | "id">): string {
  const needsQuotes = typeof id === "string" && /^(-?\d+|".*")$/.test(id);
  return printable(`${connectionId}/${needsQuotes ? `"${id}"` : id}`);
}

/** One line per subscription: whether a publish matches it, and why not. */
export function explanationLines(
  explanations: readonly PublishExplanation[],
  now: number,
): readonly string[] {
  return explanations.map((explanation) => {
    const reference = referenceText(explanation.subscription);
    if (!explanation.matches) {
      const reasons = explanation.reasons.map((reason) => reasonText(reason, now));
      return `no       ${reference}  ${[...new Set(reasons)].join(" | ")}`;
    }
    const warnings = explanation.warnings.map((warning) => ` (${warningText(warning)})`);
    return `matches  ${reference}  by row ${printable(explanation.key.sk)}${warnings.join("")}`;
  });
}
