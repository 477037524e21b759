/**
 * The parts of SST that `sst.config.ts` uses. In a project of your own the SST CLI writes the whole of them to
 * `.sst/platform/config.d.ts`; refer to that file instead. The `sst` package on npm has none of them: they come with the
 * platform that its CLI downloads. These were compared with SST's source at 8bfe1c1 (June 2026, `platform/src/components/aws`).
 *
 * @see https://sst.dev/docs/component/aws/apigateway-websocket
 * @see https://sst.dev/docs/component/aws/dynamo
 * @see https://sst.dev/docs/component/aws/function
 * @see https://sst.dev/docs/component/aws/queue
 */
type Output<T> = T | { readonly "~output": T };

interface Permission {
  readonly actions: string[];
  readonly resources: Output<string>[];
  readonly conditions?: {
    readonly test: string;
    readonly variable: string;
    readonly values: string[];
  }[];
}

interface FunctionArgs {
  readonly handler: string;
  readonly runtime?: "nodejs22.x" | "nodejs24.x";
  readonly architecture?: "x86_64" | "arm64";
  readonly memory?: `${number} ${"MB" | "GB"}`;
  readonly environment?: Readonly<Record<string, Output<string>>>;
  readonly permissions?: readonly Permission[];
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
        readonly transform?: {
          readonly table?: { readonly pointInTimeRecovery?: { readonly enabled: boolean } };
        };
      },
    );
    readonly arn: Output<string>;
    readonly name: Output<string>;
  }
  class ApiGatewayWebSocket {
    constructor(
      name: string,
      args?: {
        /** Host name; SST makes the certificate and the record in Route 53. */
        readonly domain?: string;
        readonly transform?: {
          readonly stage?: {
            readonly defaultRouteSettings?: {
              readonly throttlingRateLimit?: number;
              readonly throttlingBurstLimit?: number;
            };
          };
        };
      },
    );
    route(route: "$connect" | "$disconnect" | "$default", handler: FunctionArgs): void;
    /** `wss://…` */
    readonly url: Output<string>;
    /** `https://…`, to post to; that of the API, with a custom domain too */
    readonly managementEndpoint: Output<string>;
    readonly nodes: { readonly api: { readonly executionArn: Output<string> } };
  }
  class Queue {
    constructor(
      name: string,
      args?: {
        readonly visibilityTimeout?: Duration;
        readonly dlq?: { readonly queue: Output<string>; readonly retry: number };
        readonly transform?: { readonly queue?: { readonly messageRetentionSeconds?: number } };
      },
    );
    subscribe(
      functionArn: Output<string>,
      args?: {
        readonly batch?: {
          readonly size?: number;
          readonly window?: Duration;
          readonly partialResponses?: boolean;
        };
        readonly transform?: {
          readonly eventSourceMapping?: {
            readonly scalingConfig?: { readonly maximumConcurrency: number };
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
    readonly arn: Output<string>;
    readonly name: Output<string>;
  }
}

declare function $interpolate(
  texts: TemplateStringsArray,
  ...values: readonly Output<string>[]
): Output<string>;

declare function $config(config: {
  app(input?: { readonly stage?: string }): {
    readonly name: string;
    readonly home: "aws";
    readonly removal?: "retain" | "remove";
  };
  run(): Promise<Readonly<Record<string, unknown>>>;
}): unknown;
