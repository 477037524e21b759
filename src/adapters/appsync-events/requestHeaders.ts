import { BuilderError, TransportError } from "../../errors.ts";
import type { AppSyncApiKeyOptions, AppSyncIamOptions } from "./publisherOptions.ts";
import { type AwsCredentials, amzDateOf, signedHeaders } from "./sigV4.ts";

const CONTENT_TYPE = { "content-type": "application/json" } as const;
const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/;

/** The headers of a publish with this body, sent now. Rejects when there are no credentials to be had. */
export type RequestHeaders = (body: string) => Promise<Readonly<Record<string, string>>>;

/**
 * How requests to the URL prove who sends them.
 *
 * @throws {@link BuilderError} for neither a key nor a region, for both, and for what is none
 */
export function requestHeaders(
  url: URL,
  options: AppSyncApiKeyOptions | AppSyncIamOptions,
): RequestHeaders {
  const { apiKey, region, credentials } = options;
  if ((apiKey === undefined) === (region === undefined)) {
    throw new BuilderError("publisher(): give apiKey, or region for IAM; one of them.");
  }
  if (apiKey !== undefined) {
    // Node would refuse the header with every publish.
    if (typeof apiKey !== "string" || !/^[\x21-\x7e]+$/.test(apiKey)) {
      throw new BuilderError("publisher(): apiKey is no API key.");
    }
    const headers = { ...CONTENT_TYPE, "x-api-key": apiKey };
    return async () => headers;
  }
  if (typeof region !== "string" || !REGION.test(region)) {
    throw new BuilderError(`publisher(): region "${region}" is no region, as eu-central-1 is.`);
  }
  return async (body) => {
    const request = { method: "POST", url, body, headers: CONTENT_TYPE };
    const scope = { region, service: "appsync", amzDate: amzDateOf(new Date()) };
    const { host: _, ...headers } = signedHeaders(request, await identity(credentials), scope);
    return headers;
  };
}

async function identity(credentials: AppSyncIamOptions["credentials"]): Promise<AwsCredentials> {
  if (typeof credentials === "function") return credentials();
  return credentials ?? credentialsOf(process.env);
}

function credentialsOf(environment: NodeJS.ProcessEnv): AwsCredentials {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"] ?? "";
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"] ?? "";
  if (accessKeyId === "" || secretAccessKey === "") {
    throw new TransportError(
      "forbidden",
      "AppSync Events: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, as they are on Lambda. Give publisher() `credentials`, for example fromNodeProviderChain() of @aws-sdk/credential-providers.",
    );
  }
  const sessionToken = environment["AWS_SESSION_TOKEN"] ?? "";
  return { accessKeyId, secretAccessKey, ...(sessionToken !== "" && { sessionToken }) };
}
