import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { gatewayClient } from "../../e2e/stack.ts";

type RequestHandler = ApiGatewayManagementApiClient["config"]["requestHandler"];

/** A post of an event. */
export interface EventPost {
  /** By `connection/id`. */
  readonly subscription: string;
  readonly event: string;
}

/** The event in a frame, if it is one. */
export function eventOf(connectionId: string, frame: string): EventPost | undefined {
  if (!frame.includes('"type":"data"')) return undefined;
  const { id, result } = JSON.parse(frame) as {
    readonly id: number;
    readonly result: { readonly data: string };
  };
  return { subscription: `${connectionId}/${id}`, event: result.data };
}

/** A management client that tells of posts whose answer it did not wait for. */
export function watchedClient(
  endpoint: string,
  onAborted: (connectionId: string, frame: string) => void,
): ApiGatewayManagementApiClient {
  const client = gatewayClient(endpoint);
  const { requestHandler } = client.config;
  const watching: Pick<RequestHandler, "handle"> = {
    async handle(request, options) {
      try {
        return await requestHandler.handle(request, options);
      } catch (error) {
        const { abortSignal }: { readonly abortSignal?: { readonly aborted: boolean } } =
          options ?? {};
        const [, connectionId = ""] = /@connections\/(.+)$/.exec(request.path) ?? [];
        if (abortSignal?.aborted === true)
          onAborted(decodeURIComponent(connectionId), String(request.body));
        throw error;
      }
    },
  };
  // The client's own handler stays what it is for everybody who asks what it is.
  client.config.requestHandler = Object.assign(Object.create(requestHandler), watching);
  return client;
}
