import { initTRPC, TRPCError } from "@trpc/server";
import type { Gateway } from "trpc-aws-subscriptions/local";
import { z } from "zod";
import type { Inspector } from "./inspector.ts";

/** What the panel talks to: a long-lived server's router, with tRPC's own WebSocket adapter. */
export type InspectorRouter = ReturnType<typeof createInspectorRouter>;

export function createInspectorRouter(inspector: Inspector, gateway: () => Gateway) {
  const t = initTRPC.create();
  return t.router({
    onSnapshot: t.procedure.subscription(({ signal }) =>
      inspector.watch(signal ?? new AbortController().signal),
    ),

    /** Cuts a socket as a lost network does. */
    cut: t.procedure
      .input(z.object({ connectionId: z.string() }))
      .mutation(async ({ input: { connectionId } }) => {
        if (!gateway().connectionIds().includes(connectionId)) {
          throw new TRPCError({ code: "NOT_FOUND", message: "The connection is closed already." });
        }
        await gateway().dropConnection(connectionId);
      }),
  });
}
