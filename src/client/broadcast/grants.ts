import { type Operation, type OperationLink, TRPCClientError } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { Grant, GrantRequest } from "../../protocol/broadcast.ts";

/** A grant with its times on this machine's clock, in epoch milliseconds. */
export interface HeldGrant {
  readonly grant: Grant;
  /** When the next one is to be asked for. */
  readonly renewAtMs: number;
  /** When it is over. */
  readonly expiresAtMs: number;
}

/** Renewals are spread over as much more of `renewBeforeMs`: many clients were granted together. */
const SPREAD = 0.25;

/** Asks the server for a grant, by the given link. */
export function askGrant(
  http: OperationLink<AnyTRPCRouter>,
  path: string,
  {
    op,
    signal,
    lastEventId,
  }: {
    readonly op: Operation;
    readonly signal: AbortSignal;
    readonly lastEventId: string | undefined;
  },
): Promise<Grant> {
  const input: GrantRequest = {
    path: op.path,
    input: op.input,
    ...(lastEventId !== undefined && { lastEventId }),
  };
  return new Promise<Grant>((resolve, reject) => {
    const { id, context } = op;
    const answer = http({
      op: { id, type: "mutation", path, input, context, signal },
      next: () => {
        throw new TypeError("http of a link to a broker must be a terminating link");
      },
    });
    answer.subscribe({
      next({ result }) {
        const data: unknown = "data" in result ? result.data : undefined;
        if (isGrant(data)) resolve(data);
        else reject(TRPCClientError.from(new TypeError(NO_GRANT)));
      },
      error: reject,
    });
  });
}

const NO_GRANT =
  "The answer to subscriptionGrant is no grant. Does the http link have the router's transformer?";

function isGrant(value: unknown): value is Grant {
  if (typeof value !== "object" || value === null) return false;
  const { topics, token, clientId, expiresInMs }: Partial<Record<keyof Grant, unknown>> = value;
  return (
    Array.isArray(topics) &&
    topics.length > 0 &&
    topics.every((topic) => typeof topic === "string") &&
    typeof token === "string" &&
    typeof clientId === "string" &&
    typeof expiresInMs === "number" &&
    expiresInMs > 0
  );
}

/** Whether a broker that says no may have done so because it is over. */
export function isLate({ renewAtMs }: HeldGrant): boolean {
  return Date.now() >= renewAtMs;
}

/**
 * A grant that has just come.
 *
 * @param askedAtMs - its time had not begun before; how long the answer was under way nobody knows, and the machine may
 * have slept meanwhile
 */
export function hold(grant: Grant, renewBeforeMs: number, askedAtMs: number): HeldGrant {
  const expiresAtMs = askedAtMs + grant.expiresInMs;
  const leadMs = renewBeforeMs * (1 + SPREAD * Math.random());
  return {
    grant,
    renewAtMs: expiresAtMs - Math.min(leadMs, grant.expiresInMs / 2),
    expiresAtMs,
  };
}
