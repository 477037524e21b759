import type { AnyTRPCRouter } from "@trpc/server";
import type { OnEvent } from "../events/types.ts";
import type { FilterFields } from "../store/filterKeys.ts";
import type { Store } from "../store/types.ts";

/** What a finished chain knows whose engine keeps no list of subscribers. */
export interface BroadcastApp {
  /** The router that clients call. */
  readonly router: AnyTRPCRouter;
  /** Filters by dotted path of their procedure, fields in canonical order; a path without filters has no entry. */
  readonly filters: ReadonlyMap<string, readonly FilterFields[]>;
  /** Told of what handlers and publishers do; absent when nobody listens. */
  readonly onEvent?: OnEvent;
}

/** What a finished chain knows: all that handlers and publishers are built from. */
export interface App extends BroadcastApp {
  /** Where subscriptions live between two invocations. */
  readonly store: Store;
}
