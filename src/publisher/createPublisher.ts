import { createTRPCRecursiveProxy } from "@trpc/server";
import type { PublisherContext } from "./publisherOptions.ts";
import type { PublishReport, ResumeOptions } from "./types.ts";

/** A publisher before its types: `routes.a.b.publish(…)` for whatever path is asked for. */
export interface UntypedPublisher {
  readonly routes: unknown;
  disconnect(connectionId: string): Promise<void>;
  resume(cursor: string, options?: ResumeOptions): Promise<PublishReport>;
  cursor(): string;
}

/** Loaded at the first call, since handlers that publish nothing do without: a fifth of our code in a split bundle. */
const calls = (): Promise<typeof import("./calls.ts")> => import("./calls.ts");

/** Makes the publisher of an app. Between two calls it knows how fast it may post, nothing else. */
export function createPublisher(context: PublisherContext): UntypedPublisher {
  return {
    routes: createTRPCRecursiveProxy(async ({ path, args }) => {
      const { callVerb } = await calls();
      return callVerb(context, path, args);
    }),
    async disconnect(connectionId) {
      const { callDisconnect } = await calls();
      await callDisconnect(context, connectionId);
    },
    async resume(cursor, options) {
      const { callResume } = await calls();
      return callResume(context, cursor, options);
    },
    cursor: () => context.eventIds.next(),
  };
}
