import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { httpBatchLink } from "@trpc/client";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import type { GrantRouter } from "trpc-aws-subscriptions";
import { onTestFinished } from "vitest";
import { type AppRouter, type Context, router, t } from "./app.ts";

/** Serves grants by HTTP, until the test ends. Gives the link of a user. */
export async function grantServer(grants: GrantRouter) {
  const server = createHTTPServer({
    router: t.mergeRouters(router, grants),
    createContext: ({ req }): Context => ({ userId: req.headers["x-user"]?.toString() }),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return (userId: string | undefined) =>
    httpBatchLink<AppRouter>({ url, headers: userId === undefined ? {} : { "x-user": userId } });
}
