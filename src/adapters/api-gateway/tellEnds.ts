import { filterNameOf } from "../../store/filterName.ts";
import type { RouteAddress } from "../../store/types.ts";
import type { Request } from "./call.ts";
import type { Invocation } from "./invocation.ts";
import type { Replay } from "./replay.ts";
import { errorForClient, toldPath } from "./reportError.ts";

/** Tells that a request came to its end, well or with the error that its client is answered with. */
export function tellCalled(
  { app, connectionId, observer }: Invocation,
  request: Request,
  failure?: { readonly cause: unknown },
): void {
  observer?.tellEnd(request, {
    type: "called",
    connectionId,
    ...toldPath(app, request.path),
    procedureType: request.type,
    ok: failure === undefined,
    ...(failure !== undefined && { code: errorForClient(failure.cause).code }),
    durationMs: observer.durationMs,
  });
}

/** Tells that a subscription is live, with the rows it got. */
export function tellSubscribed(
  { connectionId, observer }: Invocation,
  request: Request,
  {
    routes,
    replay,
  }: { readonly routes: readonly RouteAddress[]; readonly replay: Replay | undefined },
): void {
  observer?.tellEnd(request, {
    type: "subscribed",
    connectionId,
    id: request.replyTo.id,
    path: request.path,
    filters: routes.flatMap(({ filter }) => (filter === undefined ? [] : filterNameOf(filter))),
    rows: 1 + routes.length,
    ...(replay !== undefined && { resumed: { replayed: replay.sent, gap: replay.isGap } }),
    durationMs: observer.durationMs,
  });
}
