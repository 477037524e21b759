/** What a subscription of tRPC's client is told, in the forms that `wsLink` has. */
export type SubscriptionResult =
  | { readonly type: "started" }
  | { readonly type: "stopped" }
  | { readonly type: "data"; readonly id?: string; readonly data: unknown }
  | { readonly type: "state"; readonly state: "pending"; readonly error: null }
  | { readonly type: "state"; readonly state: "connecting"; readonly error: Error | null };

/** Who is told. Its methods may throw: they are code of the application. */
export interface Sink {
  next(value: { readonly result: SubscriptionResult }): void;
  error(error: Error): void;
  complete(): void;
}
