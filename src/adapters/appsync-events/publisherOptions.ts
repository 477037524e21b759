import type { BroadcastPublisherOptions } from "../../broadcast/types.ts";
import type { AwsCredentials } from "./sigV4.ts";

/**
 * Keys of an AWS identity, or what gets them before each request: a provider of `@aws-sdk/credential-providers`, or the
 * `config.credentials` of any client of the AWS SDK.
 */
export type AppSyncCredentials = AwsCredentials | (() => Promise<AwsCredentials>);

/** Publishes with an API key, which must be allowed to publish to the namespace. */
export interface AppSyncApiKeyOptions {
  /** One of the API's keys, for example `da2-…`. Whoever has it can publish anything: never for clients. */
  readonly apiKey: string;
  readonly region?: never;
  readonly credentials?: never;
}

/** Publishes with an IAM identity that has `appsync:EventPublish` on the namespace. */
export interface AppSyncIamOptions {
  /** Region of the API, for example `eu-central-1`. */
  readonly region: string;
  /**
   * Who publishes.
   *
   * @defaultValue the variables `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, which a Lambda
   * function has
   */
  readonly credentials?: AppSyncCredentials;
  readonly apiKey?: never;
}

/**
 * Options of `publisher()` on AppSync Events.
 *
 * @category AppSync Events
 */
export type AppSyncPublisherOptions = BroadcastPublisherOptions & {
  /** The API's HTTP endpoint, for example `https://….appsync-api.eu-central-1.amazonaws.com/event`. */
  readonly url: string;
  /**
   * Time that one request may take before it is given up and tried again, in milliseconds.
   *
   * @defaultValue 3,000
   */
  readonly requestTimeoutMs?: number;
} & (AppSyncApiKeyOptions | AppSyncIamOptions);
