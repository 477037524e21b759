import type { NewEvent } from "../../../src/store/eventHistory.ts";
import type { Store, StoredEvent } from "../../../src/store/types.ts";
import { loadedDefinitionOf } from "../../../src/subscriptions/definitionOf.ts";
import { checkedHistory, type HistoryOptions } from "../../../src/subscriptions/history.ts";
import { type AudienceOptions, audience } from "./audience.ts";

/** What a table does beside its work; what it throws is its answer. */
export type Trouble = (call: "keep" | "finish", times: number) => unknown;

/** An audience whose route has a history, and what was done to that and posted, in order. */
export function keeping({
  history = {},
  trouble,
  ...options
}: AudienceOptions & { readonly history?: HistoryOptions; readonly trouble?: Trouble } = {}) {
  const did: string[] = [];
  const kept: NewEvent[] = [];
  const times = { keep: 0, finish: 0 };
  const noting = (store: Store): Store => ({
    ...store,
    history: {
      ...store.history,
      async keep(event, signal) {
        did.push("keep");
        kept.push(event);
        times.keep++;
        await trouble?.("keep", times.keep);
        return store.history.keep(event, signal);
      },
      async finish(at) {
        did.push("finish");
        times.finish++;
        await trouble?.("finish", times.finish);
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
  const read = async (filter?: string): Promise<readonly StoredEvent[]> => {
    const events: StoredEvent[] = [];
    const at = filter === undefined ? { path: "p" } : { path: "p", filter };
    for await (const page of one.store.history.read({ ...at, from: "" })) events.push(...page);
    return events;
  };
  const target = { path: "p", definition };
  return { ...one, target, history: checkedHistory(history), did, kept, read };
}
