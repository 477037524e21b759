import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { httpBatchLink, type TRPCLink } from "@trpc/client";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import type { AppRouter, Score } from "../src/router.ts";

/** An engine on this machine. */
export interface Stack {
  /** For example `AppSync Events`. */
  readonly name: string;
  /** Where clients connect. */
  readonly url: string;
  /** What the Lambda function does that is told of goals. */
  scored(score: Score): Promise<object>;
  /** A link with a connection of its own. */
  link(): { readonly link: TRPCLink<AppRouter>; close(): void };
  /** Requests to AWS that publishes took so far. */
  requests(): number;
  stop(): Promise<void>;
}

/** Sets what Lambda and the deployment would; the functions read it when they are loaded. */
export function setEnvironment(variables: Readonly<Record<string, string>>): () => void {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  return () => {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  };
}

/** Serves a router by HTTP, where clients ask for grants. */
export async function serveGrants(
  router: Parameters<typeof createHTTPServer>[0]["router"],
): Promise<{ readonly http: TRPCLink<AppRouter>; close(): void }> {
  const server = createHTTPServer({ router });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    http: httpBatchLink({ url }),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
