import { IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import type { AnyTRPCRouter } from "@trpc/server";
import type { ConnectOptions, HandlerOptions } from "trpc-aws-subscriptions";
import { iotWebSocket } from "trpc-aws-subscriptions/client/iot-core";
import type { IotDirectHandlers, IotDirectPublisherOptions } from "trpc-aws-subscriptions/iot-core";
import {
  type IotCoreObservation,
  type LocalIotCore,
  startIotCore,
} from "trpc-aws-subscriptions/testing";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

export const PREFIX = ["myapp", "dev"] as const;
const AUTHORIZER = "subscriptions";

type AnyHandlers = IotDirectHandlers<AnyTRPCRouter, never, unknown>;

export interface DirectOptions {
  readonly connect?: ConnectOptions<never>;
  readonly handler?: Pick<HandlerOptions<never, never>, "createContext">;
  readonly publisher?: Omit<IotDirectPublisherOptions, "client" | "endpoint">;
  /** Stands between a step and IoT Core. */
  readonly assume?: (step: "handler" | "publisher", sdk: IoTDataPlaneClient) => void;
  /** Leaves out what IoT Core may leave out. */
  readonly dropDisconnect?: boolean;
}

/** What a chain with direct delivery is served with: an emulator, its authorizer and the rules. It ends with the test. */
export interface DirectStack<TPublisher> {
  readonly broker: LocalIotCore;
  readonly sdk: IoTDataPlaneClient;
  readonly publisher: TPublisher;
  readonly observed: readonly IotCoreObservation[];
  /** What handlers gave to `onError`. */
  readonly errors: readonly Error[];
  /** For `createWSClient`. */
  readonly url: string;
  socketClass(): never;
  /** The messages that the rule of frames brought, and the handler that takes them. */
  readonly frames: readonly unknown[];
  readonly handler: (event: unknown) => Promise<void>;
}

/** Serves a chain that ends in `iot({ delivery: "direct" })`. */
export async function serveDirect<TChain extends object>(
  chain: TChain,
  options: DirectOptions = {},
): Promise<DirectStack<TChain extends { publisher(options: never): infer P } ? P : never>> {
  const steps = chain as unknown as AnyHandlers;
  const errors: Error[] = [];
  const observed: IotCoreObservation[] = [];
  const frames: unknown[] = [];
  const onError = ({ error }: { readonly error: Error }): void => void errors.push(error);
  const rules = steps.rules();
  const disconnect = steps.disconnect({ onError });
  let handler: (event: unknown) => Promise<void> = async () => undefined;
  const broker = await startIotCore({
    authorizers: {
      [AUTHORIZER]: steps.authorizer({ onError, ...(options.connect as ConnectOptions<unknown>) }),
    },
    rules: [
      {
        sql: rules.handler,
        handler: async (event: unknown) => {
          frames.push(event);
          await handler(event);
        },
      },
      {
        sql: rules.disconnect,
        handler: async (event: unknown) => {
          if (options.dropDisconnect !== true) await disconnect(event);
        },
      },
    ],
    onEvent: (observation) => observed.push(observation),
  });
  const sdkOf = (step: "handler" | "publisher"): IoTDataPlaneClient => {
    const made = new IoTDataPlaneClient({ ...broker.clientConfig, maxAttempts: 1 });
    onTestFinished(() => made.destroy());
    options.assume?.(step, made);
    return made;
  };
  const sdk = sdkOf("publisher");
  onTestFinished(() => broker.stop());
  handler = steps.handler({
    client: sdkOf("handler"),
    onError,
    ...(options.handler as Pick<HandlerOptions<AnyTRPCRouter, unknown>, "createContext">),
  });
  const publisher = steps.publisher({ client: sdk, onError, ...options.publisher });
  return {
    broker,
    sdk,
    publisher: publisher as never,
    observed,
    errors,
    url: broker.url,
    socketClass: () => iotWebSocket({ prefix: PREFIX, authorizer: AUTHORIZER, WebSocket }) as never,
    frames,
    handler: (event) => handler(event),
  };
}
