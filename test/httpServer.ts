import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Lets a server listen on a free port until the test ends, and gives its URL. */
export async function served(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Who says to be who, in the header `x-user`. */
export function userOf({ headers }: IncomingMessage): { readonly userId: string | undefined } {
  const user = headers["x-user"];
  return { userId: typeof user === "string" ? user : undefined };
}
