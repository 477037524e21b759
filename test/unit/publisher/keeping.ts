import type { NewEvent } from "../../../src/store/eventHistory.ts";
import type { Store, StoredEvent } from "../../../src/store/types.ts";
import { loadedDefinitionOf } from "../../../src/subscriptions/definitionOf.ts";
import { checkedHistory } from "../../../src/subscriptions/history.ts";
import { type AudienceOptions, audience } from "./audience.ts";

/** An audience whose route has a history, and what was done to that and posted, in order. */
export function keeping({
  history = {},
  trouble,
  ...options
}: AudienceOptions & {
  /** What the table does before its work; what it throws is its answer. */
  readonly trouble?: (call: "keep" | "finish") => unknown;
} = {}) {
  const did: string[] = [];
  const kept: NewEvent[] = [];
  const noting = (store: Store): Store => ({
    ...store,
    history: {
      ...store.history,
      async keep(event, signal) {
        did.push("keep");
        kept.push(event);
        await trouble?.("keep");
        return store.history.keep(event, signal);
      },
      async finish(at) {
        did.push("finish");
        await trouble?.("finish");
        await store.history.finish(at);
      },
    },
  });
  const one = audience({
    ...options,
    history,
    wrap: noting,
    async post(posted) {
      did.push(`post ${posted.connectionId}`);
      await options.post?.(posted);
    },
  });
  const definition = loadedDefinitionOf(one.app, "p");
  if (definition === undefined) throw new Error("the route is none of ours");
  /** What is kept for everybody. */
  const read = async (): Promise<readonly StoredEvent[]> => {
    const events: StoredEvent[] = [];
    const query = { path: "p", from: "" };
    for await (const page of one.store.history.read(query)) events.push(...page);
    return events;
  };
  const target = { path: "p", definition };
  return { ...one, target, history: checkedHistory(history), did, kept, read };
}
