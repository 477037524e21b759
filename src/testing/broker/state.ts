import type { MemoryConnection } from "./connection.ts";

/** What a broker in memory knows. */
export interface BrokerState {
  readonly connections: Set<MemoryConnection>;
  readonly messages: { readonly topic: string; readonly body: string }[];
  accepted: number;
  isDown: boolean;
  refusesMessages: boolean;
}
