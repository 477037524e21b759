import {
  type ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { TransportError } from "../../errors.ts";
import type { Transport } from "../../publisher/transport.ts";
import { isConnectionId } from "./eventParts.ts";
import { statusOf, transportError } from "./postFailure.ts";
import { type PostPath, PostPaths } from "./postPaths.ts";

export { createManagementClient } from "./managementClient.ts";
export type { PostPath } from "./postPaths.ts";

/** How {@link apiGatewayTransport} works. */
export interface TransportOptions {
  /** @defaultValue `"auto"` */
  readonly postPath?: PostPath;
}

/** Posts through the management API of a WebSocket API. */
export function apiGatewayTransport(
  client: ApiGatewayManagementApiClient,
  { postPath = "auto" }: TransportOptions = {},
): Transport {
  const paths = new PostPaths(client, postPath);
  return {
    async post(connectionId, frame, { signal, bulk = false }) {
      try {
        await paths.post({ connectionId, frame, signal }, bulk);
      } catch (error) {
        if (!isDelivered(error)) throw transportError(error);
      }
    },
    async close(connectionId, signal) {
      const command = new DeleteConnectionCommand({ ConnectionId: connectionId });
      try {
        await client.send(command, { abortSignal: signal });
      } catch (error) {
        const failed = transportError(error);
        if (failed.failure !== "gone") throw failed;
      }
    },
  };
}

/**
 * Keeps a transport from connections that API Gateway cannot have: an id becomes a part of a URL that is signed, and a
 * publisher takes it from rows that others may have written.
 */
export function toConnectionsOnly(transport: Transport): Transport {
  return {
    async post(connectionId, frame, options) {
      checkConnectionId(connectionId);
      return transport.post(connectionId, frame, options);
    },
    async close(connectionId, signal) {
      checkConnectionId(connectionId);
      return transport.close(connectionId, signal);
    },
  };
}

function checkConnectionId(connectionId: string): void {
  if (isConnectionId(connectionId)) return;
  throw new TransportError(
    "unknown",
    `API Gateway has no connection ${JSON.stringify(connectionId)}: the row that names it was not written by this package`,
  );
}

/** The answer was a success, of which only the body broke off. A second try would deliver the frame twice. */
function isDelivered(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status >= 200 && status < 300;
}
