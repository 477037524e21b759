import { readFileSync } from "node:fs";
import process from "node:process";
import { parseEnv } from "node:util";
import { CommandFailure } from "../failure.ts";

/** Where everything is that the handlers call. */
export interface Places {
  readonly tableEndpoint: string;
  readonly gatewayEndpoint: string;
  readonly queueUrl: string;
  readonly tableName: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Would lead the SDK to other credentials or, with a table of the same name, to a real table. */
const MISLEADING = [
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
  "AWS_SESSION_TOKEN",
  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
] as const;

/** What Lambda and a deployment would set; a publisher in another terminal needs the same. */
export function localEnvironment(places: Places): Readonly<Record<string, string>> {
  return {
    AWS_REGION: places.region,
    AWS_ACCESS_KEY_ID: places.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: places.credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: places.tableEndpoint,
    AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: places.gatewayEndpoint,
    WEBSOCKET_ENDPOINT: places.gatewayEndpoint,
    TABLE_NAME: places.tableName,
    QUEUE_URL: places.queueUrl,
  };
}

/** The environment of the handlers: this process's, over it a file's, over both what makes them local. */
export function handlerEnvironment(
  local: Readonly<Record<string, string>>,
  file: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...file };
  for (const name of MISLEADING) delete environment[name];
  return { ...environment, ...local };
}

/**
 * Reads the file of `--env`.
 *
 * @throws {@link CommandFailure} when it cannot be read
 */
export function readEnvFile(path: string | undefined): Readonly<Record<string, string>> {
  if (path === undefined) return {};
  try {
    return parseEnv(readFileSync(path, "utf8")) as Record<string, string>;
  } catch (error) {
    throw new CommandFailure(`--env ${path} cannot be read. Correct the path.`, {
      cause: error,
    });
  }
}
