import type { Assumption } from "./assumption.ts";

/** Quotas of new connections, and how long one lasts. */
export const CONNECTIONS = {
  perSecond: {
    value: 500,
    unit: "/s",
    basis: "published",
    what: "new WebSocket connections of an account; can be raised",
    source: "API Gateway developer guide, WebSocket quotas",
  },
  burst: {
    value: 500,
    unit: "",
    basis: "published",
    what: "new connections at once beyond it; cannot be raised",
    source: "a dump of Service Quotas of us-east-1 (2025-06)",
  },
  lifetimeSeconds: {
    value: 7_200,
    unit: "s",
    basis: "published",
    what: "longest life of a connection",
    source: "API Gateway developer guide, WebSocket quotas",
  },
} as const satisfies Readonly<Record<string, Assumption>>;

/** Seconds until as many are connected. */
export function connectSeconds(subscribers: number): number {
  const { perSecond, burst } = CONNECTIONS;
  return Math.max(0, subscribers - burst.value) / perSecond.value;
}

/** Connections that must be made in a second to replace those at the end of their life, evenly spread. */
export function reconnectsPerSecond(subscribers: number): number {
  return subscribers / CONNECTIONS.lifetimeSeconds.value;
}
