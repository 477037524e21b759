import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { SubscriptionsError } from "../errors.ts";

/** Connections waiting to be accepted by the process: a test may open thousands at once. */
const LISTEN_BACKLOG = 4096;
/** Above the keep-alive of the AWS SDK's agent, so that it never posts into a connection that is being closed. */
export const KEEP_ALIVE_MS: number = 60_000;

/**
 * Takes a port; 0 takes a free one.
 *
 * @returns the `host:port` to use
 * @throws {@link SubscriptionsError} `LOCAL` when the port cannot be taken
 */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new SubscriptionsError("LOCAL", `cannot listen on ${host}:${port}`, { cause })),
    );
    server.listen({ host, port, backlog: LISTEN_BACKLOG }, resolve);
  });
  return originOf(server.address() as AddressInfo);
}

/** Frees the port and cuts every connection. */
export async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

/** A wildcard address is nothing to connect to. */
function originOf({ address, family, port }: AddressInfo): string {
  if (address === "0.0.0.0" || address === "::") return `127.0.0.1:${port}`;
  return family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
}
