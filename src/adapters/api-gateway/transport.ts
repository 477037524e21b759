import {
  type ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import type { Transport } from "../../publisher/transport.ts";
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

/** The answer was a success, of which only the body broke off. A second try would deliver the frame twice. */
function isDelivered(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && status >= 200 && status < 300;
}
