import type { ClientBroker } from "./broker.ts";
import type { GranterOptions } from "./granter.ts";

/** What a hub goes by; see `BroadcastLinkSettings`. */
export interface HubOptions extends GranterOptions {
  readonly broker: ClientBroker;
  readonly overlapMs: number;
  readonly timeoutMs: number;
  readonly backOffMs: readonly [number, ...number[]];
  readonly report: (error: unknown) => void;
  /** Nobody subscribes any more. */
  readonly onIdle: () => void;
}
