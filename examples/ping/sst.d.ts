/**
 * The parts of SST that `sst.config.ts` uses. In a project of your own the SST CLI writes the whole of them to
 * `.sst/platform/config.d.ts`; refer to that file instead.
 *
 * @see https://sst.dev/docs/component/aws/apigateway-websocket
 * @see https://sst.dev/docs/component/aws/dynamo
 * @see https://sst.dev/docs/component/aws/queue
 * @see https://sst.dev/docs/component/aws/queue-lambda-subscriber
 */
type Output<T> = T | { readonly "~output": T };

interface FunctionArgs {
  readonly handler: string;
  readonly link?: readonly unknown[];
  readonly environment?: Readonly<Record<string, Output<string>>>;
  readonly timeout?: Duration;
}

type Duration = `${number} ${"second" | "seconds" | "minute" | "minutes"}`;

declare namespace sst.aws {
  class Dynamo {
    constructor(
      name: string,
      args: {
        readonly fields: Readonly<Record<string, "string" | "number" | "binary">>;
        readonly primaryIndex: { readonly hashKey: string; readonly rangeKey?: string };
        readonly ttl?: string;
      },
    );
    readonly name: Output<string>;
  }
  class ApiGatewayWebSocket {
    constructor(name: string);
    route(route: "$connect" | "$disconnect" | "$default", handler: FunctionArgs): void;
    /** `wss://…` */
    readonly url: Output<string>;
    /** `https://…`, to post to */
    readonly managementEndpoint: Output<string>;
  }
  class Queue {
    constructor(
      name: string,
      args?: {
        readonly visibilityTimeout?: Duration;
        readonly dlq?: { readonly queue: Output<string>; readonly retry: number };
      },
    );
    subscribe(
      subscriber: FunctionArgs,
      args?: {
        readonly batch?: {
          readonly size?: number;
          readonly window?: Duration;
          readonly partialResponses?: boolean;
        };
        readonly transform?: {
          readonly eventSourceMapping?: {
            readonly scalingConfig?: { readonly maximumConcurrency?: number };
          };
        };
      },
    ): void;
    readonly arn: Output<string>;
    readonly url: Output<string>;
  }
  // biome-ignore lint/suspicious/noShadowRestrictedNames: SST's name for it
  class Function {
    constructor(name: string, args: FunctionArgs);
  }
}

declare function $config(config: {
  app(input?: { readonly stage?: string }): {
    readonly name: string;
    readonly home: "aws";
    readonly removal?: "retain" | "remove";
  };
  run(): Promise<Readonly<Record<string, unknown>>>;
}): unknown;
