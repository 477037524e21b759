import { BuilderError } from "../errors.ts";
import { GRANT_PROCEDURE, type Grant, type GrantRequest } from "../protocol/broadcast.ts";
import { isRecord } from "../subscriptions/valueKind.ts";
import type { BroadcastContext } from "./context.ts";
import { giveToldGrant } from "./grants.ts";
import type { GrantRoot, GrantRouter } from "./types.ts";

/** The longest path that is looked up; what is longer is no router's. */
const MAX_PATH_LENGTH = 1_000;

/** What is used of tRPC's root object, for a mutation of this one kind. */
interface Root {
  readonly router: (record: Readonly<Record<string, unknown>>) => unknown;
  readonly procedure: {
    input(parse: (value: unknown) => GrantRequest): {
      mutation(
        resolve: (options: {
          readonly ctx: unknown;
          readonly input: GrantRequest;
          readonly signal?: AbortSignal | undefined;
        }) => Promise<Grant>,
      ): unknown;
    };
  };
}

/**
 * Makes the router with the one mutation that hands out grants.
 *
 * @throws {@link BuilderError} for anything but tRPC's root object
 */
export function createGrantRouter(context: BroadcastContext, t: GrantRoot<never>): GrantRouter {
  if (!isRoot(t)) {
    throw new BuilderError("grantRouter(): expected the t of initTRPC.create().");
  }
  return t.router({
    [GRANT_PROCEDURE]: t.procedure
      .input(readRequest)
      .mutation(({ ctx, input, signal }) =>
        giveToldGrant(context, { request: input, ctx, signal }),
      ),
  }) as GrantRouter;
}

function isRoot(t: unknown): t is Root {
  return isRecord(t) && typeof t["router"] === "function" && typeof t["procedure"] === "object";
}

/** tRPC makes a BAD_REQUEST of what it throws. */
function readRequest(value: unknown): GrantRequest {
  if (!isRecord(value)) throw new TypeError("expected { path, input }");
  const { path, input, lastEventId } = value;
  if (typeof path !== "string" || path.length > MAX_PATH_LENGTH) {
    throw new TypeError(`path must be a text of at most ${MAX_PATH_LENGTH} characters`);
  }
  if (lastEventId === undefined || lastEventId === null) return { path, input };
  if (typeof lastEventId !== "string") throw new TypeError("lastEventId must be a text");
  return { path, input, lastEventId };
}
