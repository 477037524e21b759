import type { AnyTRPCRouter } from "@trpc/server";
import type { PublishReport, Store } from "trpc-aws-subscriptions";
import { memory, recordingClient } from "trpc-aws-subscriptions/testing";
import { z } from "zod";
import { subscriptions, t } from "../../unit/adapters/api-gateway/harness.ts";

/** A route of a publisher, for calls that its types refuse. */
export interface UntypedRoute {
  publish(options: unknown): Promise<PublishReport>;
  complete(...filter: readonly unknown[]): Promise<PublishReport>;
  count(...filter: readonly unknown[]): Promise<number>;
  disconnect(...filter: readonly unknown[]): Promise<PublishReport>;
}

/** A store that notes which of its methods are called. */
export function watchedStore(store: Store): { store: Store; calls: string[] } {
  const calls: string[] = [];
  const watched = new Proxy(store, {
    get(target, name: keyof Store) {
      const member = target[name];
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]) => {
        calls.push(name);
        return Reflect.apply(member, target, args);
      };
    },
  });
  return { store: watched, calls };
}

/** A chain with filters over a store in memory; the context of a connection is what `contexts` has for it. */
export function filterWorld() {
  const named = subscriptions.resolver<string>();
  const router: AnyTRPCRouter = t.router({
    onNews: t.procedure.input(z.unknown()).subscription(named),
  });
  const { store, calls } = watchedStore(memory());
  const recording = recordingClient();
  const contexts = new Map<string, object>();
  const chain = subscriptions.router({ router }).store({ store });
  const filter = Reflect.get(chain.routes, "onNews") as FilterRoute;
  const filtered = filter.filter(
    { name: "byUser", ctx: { user: true } },
    { name: "byRoom", input: { room: true } },
    { name: "both", ctx: { user: true }, input: { room: true } },
    { name: "none" },
  ) as typeof chain;
  const { client, endpoint } = recording;
  const publisher = filtered.publisher({ client, endpoint });
  return {
    recording,
    contexts,
    storeCalls: calls,
    connect: filtered.connect(),
    handler: filtered.handler({
      client,
      createContext: ({ connection }) => contexts.get(connection.id) ?? {},
    }),
    news: Reflect.get(publisher.routes, "onNews") as UntypedRoute,
  };
}

interface FilterRoute {
  filter(...filters: readonly object[]): unknown;
}
