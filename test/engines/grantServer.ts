import { httpBatchLink } from "@trpc/client";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import type { GrantRouter } from "trpc-aws-subscriptions";
import { served, userOf } from "../httpServer.ts";
import { type AppRouter, type Context, router, t } from "./app.ts";

/** Serves grants by HTTP, until the test ends. Gives the link of a user. */
export async function grantServer(grants: GrantRouter) {
  const url = await served(
    createHTTPServer({
      router: t.mergeRouters(router, grants),
      createContext: ({ req }): Context => userOf(req),
    }),
  );
  return (userId: string | undefined) =>
    httpBatchLink<AppRouter>({ url, headers: userId === undefined ? {} : { "x-user": userId } });
}
