import { exceptOf, isFoundByNoOther } from "../store/except.ts";
import { BROADCAST_PREFIX } from "../store/keys.ts";
import { toRoute } from "../store/rows.ts";
import { publishAddress } from "./address.ts";
import { type Case, reasonsAgainst } from "./reasons.ts";
import type {
  InspectedPublish,
  InspectedRoute,
  InspectedSubscription,
  MatchWarning,
  PublishExplanation,
  TableInspection,
} from "./types.ts";

/**
 * Tells of each subscription whether a publish would match it at the time of the inspection, by which row, or why not.
 *
 * @example
 * ```ts
 * const filter = { name: "byRoom", input: { room: "red" } };
 * const explanations = explainPublish(inspection, { path: "chat.onMessage", filter });
 * ```
 * @throws {@link InvalidFilterError} when `publish` would refuse the filter, as far as the rows in the table tell
 * @category Local
 */
export function explainPublish(
  inspection: TableInspection,
  publish: InspectedPublish,
): readonly PublishExplanation[] {
  const address = publishAddress(inspection, publish);
  const connections = new Map(inspection.connections.map((one) => [one.connectionId, one]));
  return inspection.subscriptions.map((subscription) => {
    const connection = connections.get(subscription.connectionId);
    return {
      subscription,
      ...(connection !== undefined && { connection }),
      ...verdictOn({ subscription, connection, address, readAt: inspection.readAt }),
    };
  });
}

type Verdict<T = PublishExplanation> = T extends unknown
  ? Omit<T, "subscription" | "connection">
  : never;

function verdictOn(of: Case): Verdict {
  const found = of.address.keys.flatMap((_, index) => routeFoundBy(of, index) ?? [])[0];
  return found === undefined
    ? { matches: false, reasons: reasonsAgainst(of) }
    : { matches: true, key: found.key, warnings: warningsOf(of) };
}

/** The row that the store would find for one key of the publish. */
function routeFoundBy(of: Case, index: number): InspectedRoute | undefined {
  const { subscription, address, readAt } = of;
  const except = exceptOf(address.keys, index);
  const now = Math.floor(readAt / 1000);
  return subscription.routes.find((route) => {
    const { key, isStored, expireAt } = route;
    const isAsked = address.partitions.includes(key.pk) && isUnder(address.keys[index], route);
    if (!isAsked || !isStored || expireAt <= now) return false;
    const found = toRoute(key, address.api);
    if (found === undefined) return false;
    return except.length === 0 || isFoundByNoOther(found, ownerOf(subscription), { except, now });
  });
}

function isUnder(filterKey: string | undefined, { key }: InspectedRoute): boolean {
  return key.sk.startsWith(filterKey ?? BROADCAST_PREFIX);
}

/** The row of the subscription itself. */
function ownerOf(subscription: InspectedSubscription): Parameters<typeof isFoundByNoOther>[1] {
  const { state, requestTimeMs, expireAt, routes } = subscription;
  if (state === "leftOver") return undefined;
  return {
    state: state === "active" ? "ACTIVE" : "STOPPED",
    requestTimeMs,
    expireAt,
    routes: routes.filter(({ isListed }) => isListed).map(({ key }) => key),
  };
}

function warningsOf({ subscription, connection }: Case): readonly MatchWarning[] {
  const warnings: MatchWarning[] = [];
  if (connection === undefined) warnings.push("connectionUnknown");
  else if (connection.state === "closed") warnings.push("connectionClosed");
  if (subscription.state !== "active") warnings.push("leftOver");
  return warnings;
}
