import { InvalidEndpointError } from "../../errors.ts";
import type { ApiReference } from "../../store/types.ts";

/**
 * Service-specific endpoint variable of the AWS SDKs.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
const ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";

const API_ID = /^[a-z0-9]{1,20}$/;
const STAGE = /^[A-Za-z0-9_$-]{1,128}$/;
const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/;

const EXAMPLE = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod";

/** What a template leaves of a variable that is not set, or was not filled in. */
const UNFILLED = /(^|[./])undefined([./]|$)|[{}]|%7b|%7d/i;

/**
 * Checks a management endpoint that was configured, and drops a slash at its end.
 *
 * @throws {@link InvalidEndpointError} when it is no `https:` or `http:` URL, has more than a host and a path, or is of
 * API Gateway and not an API's stage
 */
export function checkEndpoint(endpoint: string): string {
  if (!URL.canParse(endpoint)) {
    throw new InvalidEndpointError(
      `endpoint "${endpoint}" is not a URL. Give the management endpoint, for example ${EXAMPLE}`,
    );
  }
  const url = new URL(endpoint);
  const { protocol, username, password, search, hash, host, pathname } = url;
  const path = pathname.replace(/\/+$/, "");
  const bare = `${protocol}//${host}${path}`;
  if (protocol === "wss:" || protocol === "ws:") {
    throw new InvalidEndpointError(
      `endpoint "${endpoint}" is the clients' address. Posts go to the same API over ${protocol === "wss:" ? "https" : "http"}://`,
    );
  }
  const isHttp = protocol === "https:" || protocol === "http:";
  if (!isHttp || `${username}${password}${search}${hash}` !== "") {
    throw new InvalidEndpointError(
      `endpoint "${bare}" must be an https URL without credentials, query string or fragment`,
    );
  }
  const problem = problemOf(url, path);
  if (problem !== undefined) {
    throw new InvalidEndpointError(`endpoint "${bare}" ${problem}, for example ${EXAMPLE}`);
  }
  return bare;
}

/** Why no post would come through. A host of one's own may have any path, or none. */
function problemOf({ protocol, host }: URL, path: string): string | undefined {
  if (UNFILLED.test(`${host}${path}`)) {
    return "has a part that is not filled in. Is its environment variable set? Give API, region and stage";
  }
  if (/\/@connections(\/|$)/.test(path))
    return "has /@connections, which is added. Give it without";
  if (!isOfApiGateway(host)) return undefined;
  if (protocol !== "https:") return "is of API Gateway, which is there over https alone. Give that";
  if (path === "") return "has no stage. Give it with the stage";
  return path.lastIndexOf("/") > 0
    ? "has more than the stage in its path. Give the stage alone"
    : undefined;
}

/** Also where a part of it is missing. */
function isOfApiGateway(host: string): boolean {
  return host.split(".").includes("execute-api") && /\.amazonaws\.com(\.cn)?$/.test(host);
}

/**
 * The management endpoint of the API an event came from, built from its API id, its stage and the Lambda's region.
 *
 * Never from `domainName`: it is what the client wrote, and behind a custom domain it is not the address to post to. A
 * forged event must not make us sign a request for a foreign host, so every part is checked.
 *
 * @throws {@link InvalidEndpointError} when a part is not of its form
 */
export function endpointOfApi(api: ApiReference, environment: NodeJS.ProcessEnv): string {
  const configured = environment[ENDPOINT_VARIABLE];
  if (configured !== undefined && configured !== "") return checkEndpoint(configured);
  const region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "";
  if (!isText(api.apiId, API_ID) || !isText(api.stage, STAGE) || !REGION.test(region)) {
    throw new InvalidEndpointError(
      `no endpoint can be built from apiId "${api.apiId}", stage "${api.stage}", region "${region}". Give \`endpoint\`.`,
    );
  }
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://${api.apiId}.execute-api.${region}.${suffix}/${api.stage}`;
}

/** By itself a regular expression takes `undefined` for the text "undefined". */
function isText(value: unknown, form: RegExp): boolean {
  return typeof value === "string" && form.test(value);
}

/** The API of a default endpoint; `undefined` for a custom domain, from which it cannot be told. */
export function apiOfEndpoint(endpoint: string): ApiReference | undefined {
  const match =
    /^https:\/\/([a-z0-9]{1,20})\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\/((?:%24|[\w$-])+)$/.exec(
      endpoint,
    );
  const [, apiId, stage] = match ?? [];
  return apiId === undefined || stage === undefined
    ? undefined
    : { apiId, stage: stage.replaceAll("%24", "$") };
}
