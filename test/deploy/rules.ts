import { table } from "trpc-aws-subscriptions";
import { accessLogFormat } from "../../examples/deploy/accessLogFormat.ts";
import type { Statement } from "../security/iam.ts";
import { policyOf, policyTexts } from "../security/policies.ts";
import { type Deployment, QUEUE_URL } from "./deployment.ts";

type Rule = (deployment: Deployment) => readonly (string | false)[];

/** Lambda's newest. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html */
const RUNTIME = "nodejs24.x";

/** The longest that API Gateway waits for an integration. */
const INTEGRATION_TIMEOUT_SECONDS = 29;

/** Of the account's default of 10,000, of which posts to subscribers must keep most. */
const MOST_REQUESTS_PER_SECOND = 2_000;

const ROUTE_KEYS = ["$connect", "$default", "$disconnect"];

const differs = (what: string, seen: unknown, right: unknown): string | false =>
  JSON.stringify(seen) !== JSON.stringify(right) &&
  `${what} is ${JSON.stringify(seen)}, not ${JSON.stringify(right)}`;

const tableIsOurs: Rule = ({ table: seen }) => {
  const keys = [table.partitionKey, table.sortKey].map(({ name, type }) => `${name} ${type}`);
  return [
    differs("keys of the table", seen.keys, keys),
    differs("TTL of the table", seen.timeToLiveAttribute, table.timeToLiveAttribute),
    differs("billing of the table", seen.billing, "PAY_PER_REQUEST"),
    seen.hasBackups && "backups keep sessions for 35 days",
  ];
};

const apiHasThreeRoutes: Rule = ({ api, routes, functions }) => [
  differs("protocol of the API", api.protocol, "WEBSOCKET"),
  differs("route selection", api.routeSelection, "$request.body.action"),
  differs("routes", routes.map(({ key }) => key).sort(), ROUTE_KEYS),
  ...routes.flatMap(({ key, integration, isInvocable, function: name }) => [
    differs(`integration of ${key}`, integration, "AWS_PROXY"),
    !isInvocable && `the API may not invoke the function of ${key}`,
    !functions.has(name) && `${key} goes to ${name}, which is not there`,
  ]),
];

const fieldsOf = (json: string) => Object.entries(JSON.parse(json)).sort();

const stageIsSafe: Rule = ({ stage }) => [
  !stage.isAutoDeployed && "the stage is not deployed by itself",
  !((stage.requestsPerSecond ?? Number.POSITIVE_INFINITY) <= MOST_REQUESTS_PER_SECOND) &&
    "clients may use up the account's requests",
  stage.burst === undefined && "the stage has no burst limit",
  stage.hasDataTrace && "the stage logs whole frames",
  stage.accessLogFormat !== undefined &&
    differs("access log", fieldsOf(stage.accessLogFormat), fieldsOf(accessLogFormat)),
];

const queueIsForWorkers: Rule = ({ fanOut, functions }) => [
  differs(
    "visibility timeout of the queue",
    fanOut.visibilityTimeoutSeconds,
    6 * (functions.get(fanOut.worker)?.timeoutSeconds ?? Number.NaN),
  ),
  !(fanOut.maxReceiveCount >= 3 && fanOut.maxReceiveCount <= 10) &&
    `a message is received ${fanOut.maxReceiveCount} times before it is dead`,
  differs("dead letters are kept", fanOut.deadLetterRetentionSeconds, 14 * 24 * 3_600),
  differs("queue of the worker", fanOut.queue, "QUEUE"),
  differs("batch size", fanOut.batchSize, 1),
  differs("responses of the worker", fanOut.responses, ["ReportBatchItemFailures"]),
  !((fanOut.maxConcurrency ?? 0) >= 3 && (fanOut.maxConcurrency ?? 0) <= 10) &&
    `${fanOut.maxConcurrency} workers at once, not 3 to 10`,
];

/** The handler and the heading in SECURITY.md that belong to a function. */
function purposeOf({ routes, publisher, fanOut }: Deployment, name: string) {
  if (name === publisher) return { handler: "sendPing.handler", heading: "Publisher with a queue" };
  if (name === fanOut.worker) return { handler: "fanOut.worker", heading: "Worker of the queue" };
  const keys = routes.filter((route) => route.function === name).map(({ key }) => key);
  const heading = keys.includes("$default")
    ? "$default, or all three in one function"
    : keys.join(" and ");
  if (keys.length === 3) return { handler: "handlers.webSocket", heading };
  const exports = { $connect: "connect", $disconnect: "disconnect", $default: "handler" };
  return { handler: `handlers.${exports[keys.join() as keyof typeof exports]}`, heading };
}

const functionsRun: Rule = (deployment) =>
  [...deployment.functions].flatMap(([name, { handler, runtime, timeoutSeconds, environment }]) => {
    const isPublishing = [deployment.publisher, deployment.fanOut.worker].includes(name);
    const { handler: expected, heading } = purposeOf(deployment, name);
    const publishing = {
      QUEUE_URL,
      WEBSOCKET_ENDPOINT: `https://API.execute-api.REGION.amazonaws.com/${deployment.stage.name}`,
    };
    const isDefault = heading.startsWith("$default");
    return [
      differs(`handler of ${name}`, handler, expected),
      differs(`runtime of ${name}`, runtime, RUNTIME),
      isDefault && differs(`timeout of ${name}`, timeoutSeconds, INTEGRATION_TIMEOUT_SECONDS),
      differs(
        `environment of ${name}`,
        Object.entries(environment).sort(),
        Object.entries({ TABLE_NAME: "TABLE", ...(isPublishing && publishing) }).sort(),
      ),
    ];
  });

/** What a statement allows, one line for each action and resource, whatever it is grouped by. */
const linesOf = (statements: readonly Statement[]): ReadonlySet<string> =>
  new Set(
    statements.flatMap(({ Effect, Action, Resource, Condition }) =>
      Action.flatMap((action) =>
        Resource.map(
          (resource) => `${Effect} ${action} on ${resource} if ${JSON.stringify(Condition)}`,
        ),
      ),
    ),
  );

const permissionsAreTheLeast: Rule = (deployment) =>
  [...deployment.functions].flatMap(([name, { statements, managedPolicies }]) => {
    const { heading } = purposeOf(deployment, name);
    if (!policyTexts.has(heading)) return [`SECURITY.md has no policy for ${name}`];
    const names = { REGION: "REGION", ACCOUNT: "ACCOUNT", TABLE: "TABLE", API: "API" };
    const policy = policyOf(heading, { ...names, STAGE: deployment.stage.name, QUEUE: "QUEUE" });
    const seen = linesOf(statements);
    const right = linesOf(policy.Statement);
    return [
      ...[...right].filter((line) => !seen.has(line)).map((line) => `${name} lacks ${line}`),
      ...[...seen].filter((line) => !right.has(line)).map((line) => `${name} may ${line}`),
      differs(`managed policies of ${name}`, managedPolicies, ["AWSLambdaBasicExecutionRole"]),
    ];
  });

const postsGoToTheApi: Rule = ({ domain, stage, clientUrl, publisherEndpoint }) => {
  const ofApi = `API.execute-api.REGION.amazonaws.com/${stage.name}`;
  return [
    differs("URL for clients", clientUrl, `wss://${domain?.name ?? ofApi}`),
    differs("endpoint for publishers", publisherEndpoint, `https://${ofApi}`),
    domain !== undefined && differs("stage of the domain", domain.stage, stage.name),
  ];
};

const RULES = [
  tableIsOurs,
  apiHasThreeRoutes,
  stageIsSafe,
  queueIsForWorkers,
  functionsRun,
  permissionsAreTheLeast,
  postsGoToTheApi,
];

/** What is wrong with a deployment of the ping example; nothing, when it is as README.md and SECURITY.md say. */
export function violationsOf(deployment: Deployment): readonly string[] {
  return RULES.flatMap((rule) => rule(deployment)).filter((violation) => violation !== false);
}
