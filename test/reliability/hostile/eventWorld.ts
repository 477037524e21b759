import { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { type AwsClientStub, mockClient } from "aws-sdk-client-mock";
import { memory } from "trpc-aws-subscriptions/testing";
import { subscriptions, t } from "../../unit/adapters/api-gateway/harness.ts";
import { watchedStore } from "./filterWorld.ts";

const router = t.router({
  hello: t.procedure.query(() => "hi"),
  whoAmI: t.procedure.query(({ ctx }) => ctx),
  onPing: t.procedure.subscription(subscriptions.resolver<string>()),
});

/** Every management client of the process, whoever makes one: nothing reaches a network. */
export type ManagementApi = AwsClientStub<ApiGatewayManagementApiClient>;

/** Takes the place of the SDK until `restore()`. */
export function mockManagementApi(): ManagementApi {
  return mockClient(ApiGatewayManagementApiClient);
}

/** The handlers over a store in memory, with the client they make themselves, and what they do. */
export function eventWorld(api: ManagementApi, endpoint?: string) {
  const failures: Error[] = [];
  const onError = ({ error }: { readonly error: Error }): void => {
    failures.push(error);
  };
  const backing = memory();
  const { store, calls: storeCalls } = watchedStore(backing);
  const chain = subscriptions.router({ router }).store({ store });
  const options = endpoint === undefined ? { onError } : { onError, endpoint };
  return {
    store: backing,
    storeCalls,
    failures,
    handlers: {
      connect: chain.connect({ onError }),
      handler: chain.handler(options),
      disconnect: chain.disconnect({ onError }),
      webSocketHandler: chain.webSocketHandler(options),
    },
    /** Where was posted to, and to whom. */
    posts: async (): Promise<readonly string[]> => {
      const found: string[] = [];
      for (const { thisValue, args } of api.calls()) {
        const client: ApiGatewayManagementApiClient = thisValue;
        const target = await client.config.endpoint?.();
        const id: unknown = Reflect.get(args[0].input, "ConnectionId");
        found.push(`${target?.hostname}${target?.path} ${id}`);
      }
      return found;
    },
  };
}

/** A part of an event that is another one. */
export type Forged = Readonly<Record<string, unknown>>;

/** An event whose request context has other fields; `undefined` as JSON has it, by their absence. */
export function forge<TEvent extends { readonly requestContext: object }>(
  event: TEvent,
  fields: Forged,
): TEvent {
  return { ...event, requestContext: { ...event.requestContext, ...fields } };
}
