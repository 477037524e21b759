import { encodeScalar, type FilterField, type FilterScalar } from "../store/filterKeys.ts";
import { apiFingerprint } from "../store/keys.ts";
import { isEveryValue, isHashedText, type KeyField, type KeyValue } from "../store/readKeys.ts";
import type { EpochMs } from "../store/types.ts";
import type { AddressedFilter, AddressedValues, PublishAddress } from "./address.ts";
import type {
  FieldDifference,
  InspectedConnection,
  InspectedRoute,
  InspectedSubscription,
  MismatchReason,
} from "./types.ts";

/** One subscription before one publish. */
export interface Case {
  readonly subscription: InspectedSubscription;
  readonly connection: InspectedConnection | undefined;
  readonly address: PublishAddress;
  readonly readAt: EpochMs;
}

/** Why none of the filters of a publish finds a subscription. */
export function reasonsAgainst(of: Case): readonly MismatchReason[] {
  const { subscription, address, readAt } = of;
  const { state, path, requestTimeMs, expireAt, routes } = subscription;
  if (path !== "" && path !== address.path) return [{ kind: "otherPath", path }];
  if (state === "stopped") return [{ kind: "stopped", at: requestTimeMs }];
  if (expireAt * 1000 <= readAt) return [{ kind: "expired", expireAt }];
  if (routes.length === 0) return [{ kind: "streams" }];
  if (address.filters.length === 0) return [{ kind: "nobody" }];
  return address.filters.map((filter) => reasonAgainst(of, filter));
}

function reasonAgainst(of: Case, addressed: AddressedFilter): MismatchReason {
  const { subscription, address, readAt } = of;
  const { keys, filter } = addressed;
  const isNamed = (route: InspectedRoute): boolean =>
    filter === undefined ? route.filter === undefined : nameOf(route) === filter.name;
  const named = subscription.routes.filter(isNamed);
  const [route] = named;
  if (route === undefined) {
    const has = subscription.routes.flatMap((each) => nameOf(each) ?? []);
    return { kind: "noRow", filter: filter?.name ?? "", has: [...new Set(has)] };
  }
  const asked = named.find((each) =>
    keys.some((key) => key === undefined || each.key.sk.startsWith(key)),
  );
  if (asked === undefined) return mismatch(route, filter ?? EVERYBODY);
  if (!asked.isStored) return { kind: "rowDeleted", key: asked.key };
  if (asked.expireAt * 1000 <= readAt) return { kind: "expired", expireAt: asked.expireAt };
  if (!address.partitions.includes(asked.key.pk)) {
    return { kind: "otherShard", shard: asked.shard, shards: address.partitions.length };
  }
  if (address.api !== undefined && apiFingerprint(address.api) !== asked.apiFingerprint) {
    const api = of.connection?.api;
    return { kind: "otherApi", ...(api !== undefined && { api }) };
  }
  return { kind: subscription.state === "active" ? "leftToEarlierFilter" : "ended" };
}

const EVERYBODY: AddressedValues = { name: "", ctx: [], input: [] };

function nameOf({ filter }: InspectedRoute): string | undefined {
  return typeof filter === "object" ? filter.name : undefined;
}

function mismatch({ filter: stored }: InspectedRoute, published: AddressedValues): MismatchReason {
  const { name } = published;
  if (typeof stored !== "object")
    return { kind: "otherFields", filter: name, stored: "unreadable" };
  const sections = (["ctx", "input"] as const).map((section) =>
    differences(section, stored[section], published[section]),
  );
  const fields = sections.flatMap((section) => section ?? []);
  return sections.includes(undefined) || fields.length === 0
    ? { kind: "otherFields", filter: name, stored }
    : { kind: "differs", filter: name, fields };
}

/** The fields with other values; `undefined` when the two do not have the same fields. */
function differences(
  section: "ctx" | "input",
  stored: readonly KeyField[],
  published: readonly FilterField[],
): readonly FieldDifference[] | undefined {
  // An `input` that was left out addresses every subscriber with these values of the context.
  if (published.length === 0 && section === "input") return [];
  const values = new Map(published);
  if (stored.length !== published.length) return undefined;
  const found: FieldDifference[] = [];
  for (const [field, value] of stored) {
    const asked = values.get(field);
    if (asked === undefined) return undefined;
    if (isEqual(value, asked)) continue;
    const onlyDiffersIn = nearMiss(value, asked);
    found.push({
      place: `${section}.${field}`,
      stored: value,
      published: asked,
      ...(onlyDiffersIn !== undefined && { onlyDiffersIn }),
    });
  }
  return found;
}

/** As publishers see it: by the text in the key. */
function isEqual(stored: KeyValue, published: FilterScalar): boolean {
  if (isEveryValue(stored)) return true;
  const text = encodeScalar(published);
  return isHashedText(stored) ? text === `%h${stored.sha256}` : text === encodeScalar(stored);
}

function nearMiss(stored: KeyValue, published: FilterScalar): FieldDifference["onlyDiffersIn"] {
  if (isHashedText(stored)) return undefined;
  if (typeof stored !== "string" || typeof published !== "string") {
    return String(stored) === String(published) ? "type" : undefined;
  }
  if (stored.normalize() === published.normalize()) return "unicodeForm";
  if (stored.trim() === published.trim()) return "whitespace";
  return stored.toLowerCase() === published.toLowerCase() ? "case" : undefined;
}
