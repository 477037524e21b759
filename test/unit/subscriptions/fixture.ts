import { initTRPC, lazy } from "@trpc/server";
import { z } from "zod";
import type { Store } from "../../../src/store/types.ts";
import { createInitSubscriptions } from "../../../src/subscriptions/builder.ts";
import type { EngineTypes } from "../../../src/subscriptions/engine.ts";

export interface TestTypes extends EngineTypes {
  readonly handlers: { connect(...args: readonly unknown[]): unknown };
}

/** Calls of the test engine's `handlers`, in order. */
export const enginesBuilt: unknown[] = [];

export const initSubscriptions = createInitSubscriptions<TestTypes>({
  name: "test",
  steps: ["connect", "forgotten"],
  handlers: (app) => {
    enginesBuilt.push(app);
    return { connect: (...args: readonly unknown[]) => ({ app, args }) };
  },
});

/** Stands for any store: the chain hands it on and calls nothing of it. */
export const store = { name: "a store", findRoutes: () => undefined } as unknown as Store;

export const subscriptions = initSubscriptions();
const t = initTRPC.context<{ userId: string; tenant?: number }>().create();

const named = t.procedure.input(z.object({ name: z.string(), since: z.number().optional() }));
const rooms = t.router({ onMessage: named.subscription(subscriptions.resolver<string>()) });

/** Counts how often the lazy router is imported. */
export const imports = { count: 0 };

export const createRouter = () =>
  t.router({
    mine: named.subscription(subscriptions.resolver<string>()),
    chat: { room: rooms },
    later: lazy(async () => {
      imports.count += 1;
      return t.router({ inner: lazy(async () => rooms), own: rooms.onMessage });
    }),
    query: t.procedure.query(() => 1),
    generator: t.procedure.subscription(async function* () {
      yield 1;
    }),
    wrapped: named.subscription((options) => subscriptions.resolver<string>()(options)),
    resolverOfQuery: t.procedure.query(subscriptions.resolver<string>()),
  });
