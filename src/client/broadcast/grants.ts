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

/** A grant that has just come. */
export function hold(grant: Grant, renewBeforeMs: number): HeldGrant {
  const now = Date.now();
  const leadMs = renewBeforeMs * (1 + SPREAD * Math.random());
  return {
    grant,
    renewAtMs: now + grant.expiresInMs - Math.min(leadMs, grant.expiresInMs / 2),
    expiresAtMs: now + grant.expiresInMs,
  };
}
