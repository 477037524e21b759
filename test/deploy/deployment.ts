import type { Statement } from "../security/iam.ts";

/**
 * What a recipe makes, in words that are the same for every tool. Names that AWS gives are the placeholders of
 * SECURITY.md: an ARN of the table is `arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE`.
 */
export interface Deployment {
  readonly table: {
    /** Partition key, then sort key: `name type`, for example `pk S`. */
    readonly keys: readonly string[];
    readonly timeToLiveAttribute: string | undefined;
    readonly billing: string;
    readonly hasBackups: boolean;
  };
  readonly api: { readonly protocol: string; readonly routeSelection: string };
  readonly stage: {
    readonly name: string;
    readonly isAutoDeployed: boolean;
    readonly requestsPerSecond: number | undefined;
    readonly burst: number | undefined;
    readonly accessLogFormat: string | undefined;
    /** Execution logs with whole frames in them. */
    readonly hasDataTrace: boolean;
  };
  readonly routes: readonly Route[];
  readonly functions: ReadonlyMap<string, LambdaFunction>;
  /** The one that publishes. */
  readonly publisher: string;
  readonly fanOut: {
    readonly visibilityTimeoutSeconds: number;
    readonly maxReceiveCount: number;
    readonly deadLetterRetentionSeconds: number;
    /** The one that the worker reads. */
    readonly queue: string;
    readonly worker: string;
    readonly batchSize: number;
    readonly responses: readonly string[];
    readonly maxConcurrency: number | undefined;
  };
  readonly domain: { readonly name: string; readonly stage: string } | undefined;
  readonly clientUrl: string;
  readonly publisherEndpoint: string;
}

/** A route of the API. */
export interface Route {
  readonly key: string;
  readonly function: string;
  readonly integration: string;
  /** Whether the function lets this API invoke it. */
  readonly isInvocable: boolean;
}

/** A function with its role. */
export interface LambdaFunction {
  /** `file.export` */
  readonly handler: string;
  readonly runtime: string;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly statements: readonly Statement[];
  /** Names, without the ARN in front. */
  readonly managedPolicies: readonly string[];
}

/** The fan-out queue's URL as `sqs({ queueUrl })` takes it. */
export const QUEUE_URL = "https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE";

/** The only one of `items`. */
export function only<T>(items: readonly T[], what: string): T {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`${items.length} of ${what}, not 1`);
  return item;
}

/** The function that publishes: it knows where to post, and nothing of ours invokes it. */
export function publisherOf(
  functions: Deployment["functions"],
  invoked: readonly string[],
): string {
  const publishers = [...functions].filter(
    ([name, { environment }]) => !invoked.includes(name) && "WEBSOCKET_ENDPOINT" in environment,
  );
  return only(publishers, "functions that publish")[0];
}
